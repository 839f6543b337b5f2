"""The government's API as we use it: one port, an adapter for each shape it may have."""

from govsync.client.choosing import Shape, government, government_at
from govsync.client.exchange import Exchange
from govsync.client.keys import FixedKey
from govsync.client.port import MAX_PAGE_GRADES, Government
from govsync.client.transport import EXCHANGE_LIMIT_S

__all__ = [
    "EXCHANGE_LIMIT_S",
    "MAX_PAGE_GRADES",
    "Exchange",
    "FixedKey",
    "Government",
    "Shape",
    "government",
    "government_at",
]
