"""The government's API as we use it: one call each, and what its answers mean."""

from govsync.client.answers import Decided, GovernmentAnswer, HeldPage, Later, NeverReceived, Refused, Unknown
from govsync.client.calls import REQUEST_LIMIT_S, Government, government
from govsync.client.exchange import Exchange

__all__ = [
    "REQUEST_LIMIT_S",
    "Decided",
    "Exchange",
    "Government",
    "GovernmentAnswer",
    "HeldPage",
    "Later",
    "NeverReceived",
    "Refused",
    "Unknown",
    "government",
]
