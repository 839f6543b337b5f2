"""A page of any listing: some of its items, and where the next page begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a listing's items, and the cursor of the next page (``None``: this is the last)."""

    items: list[T]
    cursor: str | None = None

    def map(self, made: Callable[[T], U]) -> Page[U]:
        """The page with something made of each item; the cursor stays."""
        return Page([made(item) for item in self.items], self.cursor)
