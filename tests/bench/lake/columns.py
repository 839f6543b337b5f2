"""Columns by the million: made as a whole, because a row at a time would take the better part of an hour."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEX_CHARS = 32
_UUID_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
_FIRST_SEQUENCE = 1_000_000_000_000_000_000


def hex_texts(count: int, *parts: object) -> Any:
    """So many texts of 32 hexadecimal characters, no two the same, the same for the same ``parts``."""
    digest = hashlib.shake_128("\x1f".join(map(str, parts)).encode())
    characters = digest.digest(count * _HEX_CHARS // 2).hex().encode()
    offsets = array("i", range(0, (count + 1) * _HEX_CHARS, _HEX_CHARS))
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(characters))


def uuid_texts(count: int, *parts: object) -> Any:
    """The same in the form of UUIDs."""
    texts = hex_texts(count, *parts)
    pieces = [pc.utf8_slice_codeunits(texts, start, stop) for start, stop in _UUID_PARTS]
    return pc.binary_join_element_wise(*pieces, "-")


def sequences(count: int, first: int = 0) -> Any:
    """The stream's numbers of changes one after the other, 21 digits as DynamoDB's."""
    numbers = pa.array(range(_FIRST_SEQUENCE + first, _FIRST_SEQUENCE + first + count), pa.int64())
    return pc.binary_join_element_wise("30", pc.cast(numbers, pa.string()), "")


def chosen(values: Sequence[str], places: Sequence[int]) -> Any:
    """A text for each place in ``values``."""
    return pc.take(pa.array(values, pa.string()), pa.array(places, pa.int32()))


def same(value: object, count: int, kind: Any) -> Any:
    """One value in every row."""
    return pa.repeat(pa.scalar(value, kind), count)


def month_numbers(epoch_s: Any) -> Any:
    """The month in UTC of each instant, as months since year 0."""
    instants = pc.cast(epoch_s, pa.timestamp("s", "UTC"))
    return pc.add(pc.multiply(pc.year(instants), 12), pc.subtract(pc.month(instants), 1))
