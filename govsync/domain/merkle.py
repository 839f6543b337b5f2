"""The Merkle tree of RFC 6962 (2.1) over SHA-256: one root for many leaves, and a short proof for each of them.

A leaf's hash and a node's begin with another byte, so that no node passes for a leaf. A tree of n leaves has its first
part of the largest power of two below n.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LEAF, _NODE = b"\0", b"\1"
_HASH = re.compile("[0-9a-f]{64}")


def root_of(leaves: Iterable[bytes]) -> str:
    """The root, in hexadecimal; without leaves, SHA-256 of nothing."""
    level = _hashes(leaves)
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        level = _above(level)
    return level[0].hex()


def proof_of(leaves: Iterable[bytes], index: int) -> list[str]:
    """What leads from the leaf of this index (from 0) to the root: its siblings' hashes, from below to above.

    Raises:
        IndexError: there is no such leaf.
    """
    level = _hashes(leaves)
    if not 0 <= index < len(level):
        raise IndexError("no such leaf")
    path = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):  # the last one of an odd number goes up alone
            path.append(level[sibling].hex())
        level, index = _above(level), index // 2
    return path


def root_by_proof(leaf: bytes, *, index: int, size: int, path: Sequence[str]) -> str:
    """The root of the tree of ``size`` leaves in which this one is at ``index`` (from 0), if the path is its proof.

    Raises:
        ValueError: no tree of this size has such a leaf with such a path.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    siblings, found, last = iter(path), _hash(_LEAF, leaf), size - 1
    while last > 0:
        if index % 2:
            found = _hash(_NODE, _next(siblings), found)
        elif index < last:
            found = _hash(_NODE, found, _next(siblings))
        index, last = index // 2, last // 2
    if next(siblings, None) is not None:
        raise ValueError("the path is too long")
    return found.hex()


def _hashes(leaves: Iterable[bytes]) -> list[bytes]:
    return [_hash(_LEAF, leaf) for leaf in leaves]


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [_hash(_NODE, *level[left : left + 2]) for left in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs


def _next(siblings: Iterator[str]) -> bytes:
    sibling = next(siblings, None)
    if sibling is None:
        raise ValueError("the path is too short")
    if not _HASH.fullmatch(sibling):  # bytes.fromhex takes spaces and capitals too
        raise ValueError("the path has something that is no hash")
    return bytes.fromhex(sibling)


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
