"""What a query's conditions leave of a table's objects: exactly what they say, and all where they say nothing sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.emulator.extension.query_pruning import bound_to_constants, conditions, kept, refuses_null, take_away
from deploy.emulator.extension.query_statement import read, references

if TYPE_CHECKING:
    from deploy.emulator.extension.query_statement import Reference

TYPES = {"year": "INTEGER", "month": "INTEGER", "school": "VARCHAR", "$path": "VARCHAR"}
ROWS = [
    (year, month, school, f"s3://lake/{school}")
    for year in ("2025", "2026")
    for month in ("03", "04")
    for school in "ab"
]


def only(sql: str, place: int = 0) -> Reference:
    return references(read(sql), "d")[place]


def left(sql: str, place: int = 0) -> list[tuple[str, ...]]:
    found = kept(conditions(only(sql, place), list(TYPES)), TYPES, ROWS)
    assert found is not None
    return [ROWS[number] for number in found]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("year = 2026", 4),
        ("YEAR = 2026 AND Month = 3", 2),
        ("(year = 2026 AND (month = 3)) AND school = 'a'", 1),
        ("month IN (3, 5)", 4),
        ("month IN (4, 3) AND year IN (2027)", 0),
        ("month = '3'", 4),
        ("month = 3.0", 4),
        ("year BETWEEN 2025 AND 2025", 4),
        ("month IN (3, 5) AND school IN ('a', 'c')", 2),
        ("year * 12 + month >= 2026 * 12 + 4", 2),
        ("(year = 2025 AND month = 4) OR (year = 2026 AND month = 3)", 4),
        ("NOT year = 2025", 4),
        ("\"$path\" IN ('s3://lake/a', 's3://lake/x')", 4),
        ("\"$path\" LIKE '%/b'", 4),
        ("e.school = 'a'", 4),
        ("school = 'a' AND school = 'b'", 0),
        ("year = 1999 OR month = 3", 4),
        ("'a' = school", 4),
    ],
)
def test_conditions_on_partitions_and_path_are_decided_exactly(where: str, count: int) -> None:
    assert len(left(f"SELECT 1 FROM events e WHERE {where}")) == count


@pytest.mark.parametrize(
    "where",
    [
        "kind = 'late'",
        "year = 2025 OR kind = 'late'",
        "year = (SELECT max(year) FROM other)",
        "month = rand()",
        "1 = 0",
        "other.year = 2025",
        "year = length(kind)",
    ],
)
def test_what_is_not_understood_keeps_everything(where: str) -> None:
    assert len(left(f"SELECT 1 FROM events e WHERE {where}")) == len(ROWS)


def test_values_the_engine_cannot_judge_leave_the_condition_undecided() -> None:
    found = conditions(only("SELECT 1 FROM events WHERE year > 2025"), list(TYPES))
    assert kept(found, TYPES, [("no number", "03", "a", "")]) is None


def test_each_reference_goes_by_its_own_select() -> None:
    sql = (
        "WITH one AS (SELECT * FROM events WHERE month = 3), events AS (SELECT 1) "
        "SELECT * FROM one JOIN events ON true JOIN d.events two ON true WHERE two.year = 2025 AND month = 4"
    )
    found = references(read(sql), "d")
    assert [(one.alias, one.alone) for one in found] == [("two", False), ("events", True)]
    assert len(left(sql, 0)) == 4, "a month of no one's in particular says nothing"
    assert len(left(sql, 1)) == 4


def test_a_name_given_by_with_is_no_table_and_inside_itself_it_is_one() -> None:
    found = references(read("WITH events AS (SELECT * FROM events WHERE month = 3) SELECT * FROM events"), "d")
    assert [one.name for one in found] == ["events"]
    assert found[0].conjuncts()
    assert references(read("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT * FROM t"), "d") == []


@pytest.mark.parametrize(("where", "refused"), [("b.month = 3", True), ("b.month IS NULL", False)])
def test_what_an_outer_joins_missing_rows_fulfil_is_seen(where: str, refused: bool) -> None:  # noqa: FBT001 - a case's value
    reference = only(f"SELECT 1 FROM events a LEFT JOIN events b ON a.kind = b.kind WHERE {where}", 1)
    (found,) = conditions(reference, list(TYPES))
    assert reference.beside_outer_join
    assert refuses_null(found, TYPES) is refused


@pytest.mark.parametrize(
    ("where", "bound"),
    [
        ("school = 'a'", True),
        ("school IN ('a', 'b') AND kind = 'x'", True),
        ("(school = 'a' OR school = 'b')", True),
        ("school = 'a' OR month = 3", False),
        ("school LIKE 'a'", False),
        ("school = kind", False),
        ("school <> 'a'", False),
        ("school > 'a'", False),
        ("NOT school = 'a'", False),
        ("school IN (SELECT school FROM other)", False),
    ],
)
def test_an_injected_column_is_bound_by_constants_alone(where: str, bound: bool) -> None:  # noqa: FBT001 - the same
    assert bound_to_constants(only(f"SELECT 1 FROM events WHERE {where}"), "school") is bound


def test_conditions_answered_by_the_choice_leave_the_statement_unless_others_stand_beside() -> None:
    alone = only("SELECT 1 FROM events WHERE month = 3 AND kind = 'late'")
    take_away(alone, conditions(alone, list(TYPES)))
    assert [one.sql() for one in alone.conjuncts()] == ["kind = 'late'"]
    take_away(alone, alone.conjuncts())
    assert alone.conjuncts() == []
    joined = only("SELECT 1 FROM events a JOIN other b ON true WHERE a.month = 3")
    take_away(joined, conditions(joined, list(TYPES)))
    assert len(joined.conjuncts()) == 1
