"""The Parquet files of an export: rows in groups, and each event once, under its student's own id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from analytics.domain.datasets import Dataset
from analytics.domain.exported import EVENTS, PARQUET, SCORES
from analytics.domain.lineage import rank_of
from analytics.lake import exported, files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def event(event_id: str, student: str = "p-1", **more: Any) -> dict[str, Any]:
    base = {"change_id": "c", "op": "INSERT", "kind": "late", "value": "", "occurred_at_epoch_s": 100}
    times = {"arrived_at_epoch_s": 100, "arrived_at_ms": 100_000, "sequence": "10"}
    return {**base, **times, "event_id": event_id, "student_pseudonym": student, **more}


def named(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    table = files.table_of(Dataset.EVENTS, rows)
    found: list[dict[str, Any]] = exported._named(exported._first_arrivals(table), {"p-1": "s-1"}).to_pylist()
    return found


def test_rows_are_written_in_groups_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exported, "_ROWS_AT_ONCE", 2)
    path = tmp_path / "scores.parquet"
    with exported.ParquetPart(path, SCORES) as part:
        for n in range(5):
            part.add({"evaluation_id": f"e-{n}", "late": 0})
    found = pq.ParquetFile(path)
    assert (part.rows, found.metadata.num_rows, found.num_row_groups) == (5, 5, 3)
    assert found.schema_arrow.names == [column.name for column in PARQUET[SCORES]]
    assert found.read().to_pylist()[4]["evaluation_id"] == "e-4"


def test_file_without_rows_is_a_file_with_columns(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    with exported.ParquetPart(path, EVENTS) as part:
        pass
    assert (part.rows, pq.read_table(path).num_rows) == (0, 0)


def test_first_arrival_counts_and_then_the_first_of_the_stream() -> None:
    rows = [
        event("a", value="3", sequence="100"),
        event("a", value="2", sequence="99"),
        event("a", value="9", arrived_at_ms=100_001, sequence="1"),
        event("b", value="1", arrived_at_ms=None, sequence=None),
    ]
    for order in (rows, rows[::-1]):
        assert [(row["event_id"], row["value"]) for row in named(*order)] == [("a", "2"), ("b", "1")]
    first = min(rows[:3], key=lambda row: rank_of(Dataset.EVENTS, row))
    assert first["value"] == "2", "as the lake's own rule has it"


def test_same_id_of_another_student_is_another_event() -> None:
    assert [row["student_id"] for row in named(event("a"), event("a", "p-2"))] == ["s-1", None]
    assert [row["student_pseudonym"] for row in named(event("a", "p-2"))] == ["p-2"]


def test_events_go_by_their_instant() -> None:
    rows = named(
        event("b", occurred_at_epoch_s=1), event("a", occurred_at_epoch_s=2), event("c", occurred_at_epoch_s=1)
    )
    assert [row["event_id"] for row in rows] == ["b", "c", "a"]
