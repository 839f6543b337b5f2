"""The government's API as we use it: one call each, and what its answers mean."""

from govsync.client.answers import Answer, HeldPage, Later, NeverReceived, Refused, Settled, Unknown
from govsync.client.calls import REQUEST_LIMIT_S, Government, government
from govsync.client.exchange import Exchange

__all__ = [
    "REQUEST_LIMIT_S",
    "Answer",
    "Exchange",
    "Government",
    "HeldPage",
    "Later",
    "NeverReceived",
    "Refused",
    "Settled",
    "Unknown",
    "government",
]
