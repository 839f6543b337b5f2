"""Repeatable chance: named streams, so that one part of the demo data never shifts another.

Only ``Random.random`` is used, and no logarithm or cosine: that is what Python promises to repeat on every version and
machine.
"""

from base64 import b32encode
from collections.abc import Sequence
from hashlib import blake2b
from math import sqrt
from random import Random
from typing import TypeVar

T = TypeVar("T")

_TERMS_OF_NORMAL = 4
_NORMAL_FACTOR = sqrt(12 / _TERMS_OF_NORMAL)
_OPAQUE_CHARS = 12


def stream(*parts: object) -> Random:
    """Return a generator of its own for ``parts``; equal parts give equal streams."""
    return Random(_join(parts))  # noqa: S311 - made-up data, and it must repeat


def opaque_id(prefix: str, *parts: object) -> str:
    """Return an id that says nothing about ``parts`` and is always the same for them (60 bits: no collisions)."""
    digest = blake2b(_join(parts).encode(), digest_size=10).digest()
    return f"{prefix}-{b32encode(digest).decode().lower()[:_OPAQUE_CHARS]}"


def whole(rng: Random, below: int) -> int:
    """Return a whole number from 0 to ``below`` - 1."""
    return int(rng.random() * below)


def pick(rng: Random, items: Sequence[T]) -> T:
    """Return one of ``items``, each as likely."""
    return items[whole(rng, len(items))]


def normal(rng: Random) -> float:
    """Return a bell-shaped number with mean 0 and deviation 1, never beyond 3.5."""
    draw = rng.random
    return (draw() + draw() + draw() + draw() - _TERMS_OF_NORMAL / 2) * _NORMAL_FACTOR


def _join(parts: tuple[object, ...]) -> str:
    return "\x1f".join(str(part) for part in parts)
