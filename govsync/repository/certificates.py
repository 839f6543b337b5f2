"""The grades that a run certifies, kept as it compared them: today's scores say nothing of those.

    SCHOOL#<id>#SYNC#<run>  MANIFEST#<root>#<n>    some of the leaves, in order

They may be more than a transaction holds: they are written before, under the root of their tree, and count only once
the run names that root. Salts differ, so that a slower worker's are under another root, and belong to no run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from govsync.domain.certificate import Leaf, leaf_bytes, root_of_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MANIFEST = "MANIFEST"
# Of DynamoDB's 400 KB an item; a leaf takes less room there than as JSON, which repeats quotes and names alike.
MAX_ITEM_BYTES = 300_000


@dataclass(frozen=True)
class _ManifestItem:
    leaves: tuple[Leaf, ...]


def put_manifest(run_id: str, leaves: Sequence[Leaf]) -> str:
    """Write a run's leaves, and return their tree's root: they are the run's once it is moved with that.

    Not a transaction: safe to repeat whole, and beside another worker.
    """
    root = root_of_leaves(leaves)
    items = [
        {**_key(run_id, root, number).as_attributes(), "entity": "sync_manifest", **to_attributes(_ManifestItem(part))}
        for number, part in enumerate(_parts(leaves))
    ]
    table.write_batch(table.BatchWrite(puts=items))
    return root


def list_manifest(run_id: str, root: str) -> list[Leaf]:
    """A run's leaves in order, as far as they are there. Strongly consistent."""
    partition = school_partition("SYNC", run_id)
    query = table.Query(partition, prefix=f"{joined(_MANIFEST, root)}#", consistent=True)
    return [leaf for item in table.query_all(query) for leaf in from_attributes(_ManifestItem, item).leaves]


def _parts(leaves: Sequence[Leaf]) -> Iterator[tuple[Leaf, ...]]:
    part: list[Leaf] = []
    room_bytes = MAX_ITEM_BYTES
    for leaf in leaves:
        size_bytes = len(leaf_bytes(leaf))
        if part and size_bytes > room_bytes:
            yield tuple(part)
            part, room_bytes = [], MAX_ITEM_BYTES
        part.append(leaf)
        room_bytes -= size_bytes
    if part:
        yield tuple(part)


def _key(run_id: str, root: str, number: int) -> Key:
    return Key(school_partition("SYNC", run_id), joined(_MANIFEST, root, f"{number:05d}"))
