"""The columns of the lake's datasets, by version of their schema.

The one rule of change: a new version adds columns, at the end, that may be empty. Nothing is renamed, dropped, moved or
given another type, so every file that was ever written stays readable under the newest schema, with nothing in the
columns that it does not know. Athena finds columns by name. ``deploy/data-plane.yaml`` says the newest schema again,
for Glue and the pipes; a test holds it against this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION: Final = 2


class ColumnType(StrEnum):
    """A column's type, as Glue names it. Decimals are text: grades are written on many scales."""

    STRING = "string"
    INT = "int"
    BIGINT = "bigint"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and the version of the schema that brought it."""

    name: str
    type: ColumnType = ColumnType.STRING
    since: int = 1


_STRING, _INT, _BIGINT, _DOUBLE = ColumnType
_LINEAGE = (
    Column("schema_version", _INT, 2),
    Column("sequence", _STRING, 2),
    Column("changed_at_epoch_s", _DOUBLE, 2),
)

SCHEMAS: Final[Mapping[Dataset, tuple[Column, ...]]] = {
    Dataset.EVENTS: (
        *map(Column, ("change_id", "op", "school_id", "event_id", "student_pseudonym", "kind", "value")),
        Column("occurred_at_epoch_s", _BIGINT),
        Column("arrived_at_epoch_s", _BIGINT),
        *_LINEAGE,
        Column("arrived_at_ms", _BIGINT, 2),
    ),
    Dataset.GRADES: (
        *map(Column, ("change_id", "op", "school_id", "evaluation_id", "student_pseudonym", "section_id")),
        *map(Column, ("course_id", "term_id", "kind", "value", "state")),
        Column("version", _BIGINT),
        Column("recorded_at_epoch_s", _BIGINT),
        *_LINEAGE,
        Column("entity", _STRING, 2),
        Column("late", _INT, 2),
        Column("purpose", _STRING, 2),
        Column("weight", _STRING, 2),
        Column("held_on", _STRING, 2),
        Column("scale_id", _STRING, 2),
    ),
}

PARTITION_INSTANT: Final[Mapping[Dataset, str]] = {
    Dataset.EVENTS: "occurred_at_epoch_s",
    Dataset.GRADES: "recorded_at_epoch_s",
}
"""The column whose instant, in UTC, says in which month's folder a row lies."""


def columns_of(dataset: Dataset, version: int = SCHEMA_VERSION) -> tuple[Column, ...]:
    """A dataset's columns as the schema's ``version`` had them."""
    return tuple(column for column in SCHEMAS[dataset] if column.since <= version)
