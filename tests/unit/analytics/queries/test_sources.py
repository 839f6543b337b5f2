"""What a query reads: always one school, some months and the very files of a snapshot, each row once."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from sqlglot import exp

from analytics.domain.datasets import Dataset, Month
from analytics.domain.lineage import identity_of, rank_of
from analytics.errors import LakeTooScatteredError
from analytics.lake.snapshots import MonthSnapshot, Snapshot
from analytics.lake.store import StoredObject
from analytics.queries import sources
from analytics.queries.questions import Asker, Lake
from analytics.queries.registry import QUESTIONS
from analytics.queries.sql import Sql
from edu import clock
from edu.tenancy import NoScopeError, enter_platform, enter_school
from tests.support.lake_in_duckdb import LakeFolder
from tests.unit.analytics.queries.books import SCHOOL_ID, TERM, TODAY, school_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARCH = Month(2026, 3)
IN_MARCH = 1_773_000_000


@pytest.fixture(autouse=True)
def in_school() -> Iterator[None]:
    with enter_school(SCHOOL_ID):
        yield


def event(random: Random) -> dict[str, Any]:
    return {
        "student_pseudonym": random.choice("ab"),
        "event_id": random.choice("123"),
        "kind": f"kind-{random.randrange(1000)}",
        "occurred_at_epoch_s": IN_MARCH,
        "arrived_at_epoch_s": IN_MARCH,
        "arrived_at_ms": random.choice([None, IN_MARCH * 1000, IN_MARCH * 1000 + 1]),
        "sequence": random.choice(["", "9", "10", "123456"]),
        "change_id": str(random.randrange(10**9)),
    }


def grade(random: Random) -> dict[str, Any]:
    entity = random.choice([None, "score", "evaluation"])
    return {
        "entity": entity,
        "evaluation_id": random.choice("12"),
        "student_pseudonym": "" if entity == "evaluation" else random.choice("ab"),
        "version": random.randrange(1, 4),
        "state": random.choice(["standing", "deleted"]) if entity == "evaluation" else "recorded",
        "recorded_at_epoch_s": IN_MARCH,
        "sequence": random.choice(["", "9", "10", "123456"]),
        "change_id": str(random.randrange(10**9)),
    }


@pytest.mark.parametrize("seed", range(10))
def test_of_an_event_the_row_counts_that_the_lineage_says(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    rows = [event(random) for _ in range(40)]
    lake = LakeFolder(tmp_path)
    lake.add(Dataset.EVENTS, rows[:20], "a.parquet")
    lake.add(Dataset.EVENTS, rows[20:], "b.parquet")
    expected = {}
    for row in sorted(rows, key=lambda one: rank_of(Dataset.EVENTS, one), reverse=True):
        expected[identity_of(Dataset.EVENTS, row)] = row["kind"]
    text = sources.events_of(lake.snapshot(Dataset.EVENTS, [MARCH]))
    found = lake.run(Sql(f"SELECT student_pseudonym, event_id, kind FROM {text} AS e"))
    assert {(one, two): kind for one, two, kind in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("seed", range(10))
def test_of_a_grade_the_highest_version_counts_and_of_that_the_row_that_the_lineage_says(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    rows = [grade(random) for _ in range(60)]
    lake = LakeFolder(tmp_path)
    lake.add(Dataset.GRADES, rows)
    expected = {}
    ranked = sorted(rows, key=lambda one: rank_of(Dataset.GRADES, one), reverse=True)
    for row in sorted(ranked, key=lambda one: one["version"]):
        expected[identity_of(Dataset.GRADES, row)[:3]] = row["change_id"]
    text = sources.grades_of(lake.snapshot(Dataset.GRADES, [MARCH]))
    found = lake.run(
        Sql(f"SELECT coalesce(entity, 'score'), evaluation_id, student_pseudonym, change_id FROM {text} AS g")
    )
    assert {(one, two, three): change for one, two, three, change in found} == expected


def test_files_that_the_snapshot_does_not_name_are_not_read(tmp_path: Path) -> None:
    lake = LakeFolder(tmp_path)
    rows = [event(Random(1))]  # noqa: S311 - no secret
    lake.add(Dataset.EVENTS, rows, "a.parquet")
    before = lake.snapshot(Dataset.EVENTS, [MARCH])
    lake.add(Dataset.EVENTS, [rows[0] | {"event_id": "later"}], "b.parquet")
    assert len(lake.run(Sql(f"SELECT event_id FROM {sources.events_of(before)} AS e"))) == 1


def test_months_that_are_merged_are_read_without_sorting_out() -> None:
    merged = Snapshot((MonthSnapshot(Dataset.EVENTS, MARCH, None, compacted=(stored("compact-1.parquet"),)),))
    loose = Snapshot((MonthSnapshot(Dataset.EVENTS, MARCH, None, loose=(stored("a.parquet"),)),))
    assert "row_number" not in sources.events_of(merged)
    assert "row_number" in sources.events_of(loose)
    assert "row_number" in sources.grades_of(merged)


def stored(name: str) -> StoredObject:
    key = f"events/year=2026/month=03/school={SCHOOL_ID}/{name}"
    return StoredObject(key, 1, "e", clock.now())


def test_more_files_than_a_query_can_name_are_told_and_not_left_out() -> None:
    many = Snapshot(
        (MonthSnapshot(Dataset.EVENTS, MARCH, None, loose=tuple(stored(f"{n:040d}.parquet") for n in range(3000))),)
    )
    with pytest.raises(LakeTooScatteredError):
        sources.events_of(many)


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_every_question_names_its_school_months_and_files(name: str) -> None:
    asker = Asker(school_with(), TODAY)
    question = made(name)
    lake = {
        dataset: Snapshot(tuple(MonthSnapshot(dataset, month, None, loose=(stored("a.parquet"),)) for month in months))
        for dataset, months in question.months(asker).items()
    }
    empty = Snapshot()
    text = question.statement(asker, Lake(lake.get(Dataset.EVENTS, empty), lake.get(Dataset.GRADES, empty))).text
    for table in lake:
        assert text.count(f" FROM {table.value} WHERE ") == text.count(f" FROM {table.value} ") == 1
    assert (
        text.count(f"school = '{SCHOOL_ID}'") == text.count('"$path" IN (') == text.count("AND year IN (") == len(lake)
    )
    assert TERM not in text.split("rules AS (")[0]


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_parameters_stand_where_athena_takes_them_in_a_where(name: str) -> None:
    statement = made(name).statement(Asker(school_with(), TODAY), Lake())
    places = list(sqlglot.parse_one(statement.text, read="trino").find_all(exp.Placeholder))
    assert len(places) == len(statement.parameters) > 0
    assert all(place.find_ancestor(exp.Where) for place in places)


def made(name: str) -> Any:
    kind = QUESTIONS[name]
    if name == "behaviour-weeks":
        return kind(TODAY, TODAY)
    return kind() if name == "progress" else kind(TERM)


def test_outside_a_school_nothing_is_read() -> None:
    with enter_platform(), pytest.raises(NoScopeError):
        sources.events_of(Snapshot())
