"""What of the lake a query reads: the only way for it to name a table.

The school in scope stands in it as a constant (Athena refuses a query of these tables without one), and so do the
months and the very objects that count at this instant (``analytics.lake.snapshots``), by ``"$path"``. A query so is a
question to one snapshot: what is written or merged meanwhile changes nothing in its answer, and the same text has the
same answer for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import columns_of
from analytics.errors import LakeTooScatteredError
from analytics.lake import store
from analytics.queries.sql import literal
from edu.tenancy import check_school_id, current_school_id

if TYPE_CHECKING:
    from analytics.lake.snapshots import MonthSnapshot, Snapshot

MOST_PATHS_CHARS: Final = 180_000
"""Of a query's text, for the objects' addresses; Athena takes 262,144 characters in all."""
_NO_OBJECT: Final = "nothing"
_SEQUENCE: Final = "length(coalesce(sequence, '')), coalesce(sequence, ''), coalesce(change_id, '')"
_ENTITY: Final = "coalesce(nullif(entity, ''), 'score')"


def events_of(snapshot: Snapshot) -> str:
    """The events of a snapshot, each once: the one that arrived first (ADR 0021).

    Raises:
        NoScopeError: outside a school's scope.
        LakeTooScatteredError: there are more objects than a query may name.
    """
    if all(_is_merged(month) for month in snapshot.months):
        return f"({_read(Dataset.EVENTS, snapshot)})"
    arrived = "coalesce(arrived_at_ms, arrived_at_epoch_s * 1000)"
    return _first_of(Dataset.EVENTS, snapshot, "student_pseudonym, event_id", f"{arrived}, {_SEQUENCE}")


def grades_of(snapshot: Snapshot) -> str:
    """What stands of each evaluation and score of a snapshot: its highest version, of all the months read.

    Raises like ``events_of``.
    """
    order = f"version DESC, CASE WHEN state = 'deleted' THEN 0 ELSE 1 END, {_SEQUENCE}"
    return _first_of(Dataset.GRADES, snapshot, f"{_ENTITY}, evaluation_id, student_pseudonym", order)


def _first_of(dataset: Dataset, snapshot: Snapshot, identity: str, order: str) -> str:
    """``analytics.domain.lineage`` as SQL; a test holds one against the other."""
    ranked = f"row_number() OVER (PARTITION BY {identity} ORDER BY {order}) AS place"
    names = _columns(dataset)
    return f"(SELECT {names} FROM (SELECT *, {ranked} FROM ({_read(dataset, snapshot)}) AS r) AS p WHERE place = 1)"  # noqa: S608 - of constants


def _read(dataset: Dataset, snapshot: Snapshot) -> str:
    school = literal(check_school_id(current_school_id()))
    months = [one.month for one in snapshot.months]
    years = ", ".join(f"{year:d}" for year in sorted({month.year for month in months})) or "0"
    numbers = ", ".join(f"{number:d}" for number in sorted({month.month for month in months})) or "0"
    paths = ", ".join(literal(store.url_of(found.key)) for found in snapshot.objects) or literal(_NO_OBJECT)
    if len(paths) > MOST_PATHS_CHARS:
        raise LakeTooScatteredError
    return (
        f"SELECT {_columns(dataset)} FROM {dataset.value} WHERE school = {school} "  # noqa: S608 - see the module's first lines
        f'AND year IN ({years}) AND month IN ({numbers}) AND "$path" IN ({paths})'
    )


def _columns(dataset: Dataset) -> str:
    return ", ".join(column.name for column in columns_of(dataset))


def _is_merged(month: MonthSnapshot) -> bool:
    """Whether a merge has taken up all of it, so that no event is there twice."""
    return not month.loose
