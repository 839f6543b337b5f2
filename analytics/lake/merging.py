"""Rows of several files as one table: each thing once, by the rule of ``analytics.domain.lineage``, in one order.

The same rows give the same table, in whatever order they come. That the rule here is the rule there is a test's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.datasets import Dataset
from analytics.domain.lineage import DELETED, IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ORDER: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.EVENTS: ("student_pseudonym", "occurred_at_epoch_s", "event_id"),
    Dataset.GRADES: ("entity", "section_id", "term_id", "evaluation_id", "student_pseudonym", "version"),
}
_RANK: Final = ("_first", "_length", "_sequence", "_change")
_MILLISECONDS: Final = 1000


def merged(dataset: Dataset, tables: Sequence[pa.Table]) -> pa.Table:
    """The tables' rows (of the newest schema), each identity once, sorted as queries like to find them."""
    rows = pa.concat_tables(tables)
    keyed = _with_keys(dataset, rows)
    names = [*_identity(dataset), *_RANK]
    ordered = keyed.take(pc.sort_indices(keyed, sort_keys=[(name, "ascending") for name in names]))
    firsts = ordered.filter(_is_first(ordered, _identity(dataset)))
    order = [(_key(name) if name in IDENTITY[dataset] else name, "ascending") for name in _ORDER[dataset]]
    found = firsts.take(pc.sort_indices(firsts, sort_keys=order)).select(rows.column_names)
    return found.cast(rows.schema).combine_chunks()


def in_bucket(table: pa.Table, prefix: str) -> pa.Table:
    """The rows of things whose student's pseudonym begins so; what is in no other bucket belongs to the first."""
    if not prefix:
        return table
    pseudonyms = pc.fill_null(table.column("student_pseudonym"), "")
    wanted = pc.starts_with(pseudonyms, prefix)
    if not prefix.strip("0"):
        in_some = pc.match_substring_regex(pseudonyms, f"^[0-9a-f]{{{len(prefix)}}}")
        wanted = pc.or_(wanted, pc.invert(in_some))
    return table.filter(wanted)


def _with_keys(dataset: Dataset, rows: pa.Table) -> pa.Table:
    """The rows with their identity and rank in columns of their own."""
    for name in IDENTITY[dataset]:
        column = rows.column(name)
        rows = rows.append_column(_key(name), _entity(column) if name == "entity" else column)
    sequence = pc.fill_null(rows.column("sequence"), "")
    if dataset is Dataset.EVENTS:
        seconds = pc.multiply(rows.column("arrived_at_epoch_s"), _MILLISECONDS)
        first = pc.coalesce(rows.column("arrived_at_ms"), seconds)
    else:
        first = pc.cast(pc.fill_null(pc.not_equal(rows.column("state"), DELETED), True), pa.int64())
    rank = (first, pc.cast(pc.utf8_length(sequence), pa.int64()), sequence, pc.fill_null(rows.column("change_id"), ""))
    for name, column in zip(_RANK, rank, strict=True):
        rows = rows.append_column(name, column)
    return rows


def _is_first(ordered: pa.Table, names: Sequence[str]) -> pa.Array:
    """Of each run of rows that are the same in these columns, the first."""
    if ordered.num_rows == 0:
        return pa.array([], pa.bool_())
    changed = None
    for name in names:
        column = ordered.column(name).combine_chunks()
        differs = _differs(column[1:], column[:-1])
        changed = differs if changed is None else pc.or_(changed, differs)
    return pa.concat_arrays([pa.array([True]), _whole(changed)])


def _differs(column: pa.Array, other: pa.Array) -> pa.Array:
    """Where two columns are not the same. Nothing is the same as nothing, and another than all else."""
    return pc.coalesce(pc.not_equal(column, other), pc.xor(pc.is_null(column), pc.is_null(other)))


def _whole(found: pa.Array | pa.ChunkedArray) -> pa.Array:
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _entity(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Rows from before there were entities are scores."""
    named = pc.fill_null(column, "")
    return pc.if_else(pc.equal(named, ""), "score", named)


def _identity(dataset: Dataset) -> list[str]:
    return [_key(name) for name in IDENTITY[dataset]]


def _key(name: str) -> str:
    return f"_key_{name}"
