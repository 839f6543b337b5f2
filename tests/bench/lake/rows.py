"""Whether two engines answered the same: whatever the order, and a sum of doubles to nine digits."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[str, ...]
_CLOSE = 1e-9


def alike(some: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether these are the same rows."""
    pairs = zip(sorted(some, key=_without_fractions), sorted(others, key=_without_fractions), strict=False)
    return len(some) == len(others) and all(_is_same(one, other) for one, other in pairs)


def _without_fractions(row: Row) -> Row:
    return tuple("" if _fraction(text) is not None else text for text in row)


def _is_same(one: Row, other: Row) -> bool:
    return len(one) == len(other) and all(map(_is_same_text, one, other))


def _is_same_text(one: str, other: str) -> bool:
    some, others = _fraction(one), _fraction(other)
    return one == other if some is None or others is None else isclose(some, others, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _fraction(text: str) -> float | None:
    """The number that a text is, if it is one that may be the end of a computation."""
    try:
        return float(text) if "." in text or "e-" in text else None
    except ValueError:
        return None
