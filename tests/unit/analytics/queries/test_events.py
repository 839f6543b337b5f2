"""Behaviour by week, and absences against grades, beside counts made by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import correlation
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from analytics.domain.datasets import Dataset
from analytics.errors import InvalidQuestionError, QueryTooLargeError
from analytics.queries.attendance import AttendanceAgainstGrades
from analytics.queries.behaviour import MOST_STUDENTS, BehaviourWeeks
from analytics.queries.questions import Asker, Lake, Person
from edu.tenancy import enter_school
from evaluations.domain.consolidation import consolidate
from evaluations.repository import lake_rows
from tests.support.lake_in_duckdb import LakeFolder
from tests.unit.analytics.queries.books import SCHOOL_ID, SECTIONS, TERM, TODAY, book_by, pseudonym_of, school_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONE = ZoneInfo("America/Santiago")
FIRST, LAST = date(2026, 3, 30), date(2026, 4, 12)  # a Monday to a Sunday; the clocks go back on 5 April


@pytest.fixture(autouse=True)
def in_school(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lake_rows, "pseudonym_of", pseudonym_of)
    with enter_school(SCHOOL_ID):
        yield


@pytest.fixture
def lake(tmp_path: Path) -> LakeFolder:
    return LakeFolder(tmp_path)


def event(student_id: str, number: int, at: datetime, kind: str = "late") -> dict[str, Any]:
    epoch_s = int(at.timestamp())
    return {
        "student_pseudonym": pseudonym_of(student_id),
        "event_id": f"{student_id}-{number}",
        "kind": kind,
        "value": "",
        "occurred_at_epoch_s": epoch_s,
        "arrived_at_epoch_s": epoch_s,
        "arrived_at_ms": epoch_s * 1000,
        "change_id": f"{number}",
        "sequence": f"{number}",
    }


def people_of(sections: dict[str, list[str]]) -> dict[str, Person]:
    places: dict[str, set[str]] = defaultdict(set)
    for section_id, students in sections.items():
        for student_id in students:
            places[student_id].add(section_id)
    return {pseudonym_of(student_id): Person(student_id, frozenset(own)) for student_id, own in places.items()}


def test_events_count_in_the_week_of_the_schools_clocks_and_in_each_section_of_their_student(lake: LakeFolder) -> None:
    random = Random(3)  # noqa: S311 - no secret
    sections = {
        "a": [f"s{n}" for n in range(6)],
        "b": [f"s{n}" for n in range(6, 12)],
        "c": [f"s{n}" for n in range(12)],
    }
    begun = datetime(2026, 3, 29, tzinfo=ZONE)
    events = [
        event(
            f"s{random.randrange(12)}",
            n,
            begun + timedelta(minutes=random.randrange(16 * 24 * 60)),
            random.choice(["late", "absent"]),
        )
        for n in range(300)
    ]
    lake.add(Dataset.EVENTS, events + events[:50])
    asker = Asker(school_with(), TODAY, people_of(sections))
    expected: Counter[tuple[str, str, str]] = Counter()
    for row in events:
        day = datetime.fromtimestamp(row["occurred_at_epoch_s"], UTC).astimezone(ZONE).date()
        if FIRST <= day <= LAST:
            year, week, _ = day.isocalendar()
            for section_id in asker.people[row["student_pseudonym"]].sections:
                expected[f"{year}-W{week:02d}", section_id, row["kind"]] += 1
    answer = lake.ask(BehaviourWeeks(FIRST, LAST), asker)
    assert {(row.week, row.section_id, row.kind): row.events for row in answer.rows} == expected
    assert {row.week_begins_on for row in answer.rows} == {FIRST, FIRST + timedelta(days=7)}


def test_section_that_is_another_without_a_few_students_is_not_beside_it(lake: LakeFolder) -> None:
    students = [f"s{n}" for n in range(9)]
    lake.add(Dataset.EVENTS, [event(one, 1, datetime(2026, 4, 1, 12, tzinfo=ZONE)) for one in students])
    asker = Asker(school_with(), TODAY, people_of({"all": students, "most": students[1:], "few": students[:4]}))
    answer = lake.ask(BehaviourWeeks(FIRST, LAST), asker)
    assert [(row.section_id, row.events) for row in answer.rows] == [("all", 9)]
    assert answer.hidden_groups == 2
    own = lake.ask(BehaviourWeeks(FIRST, LAST, "few"), asker)
    assert [(row.section_id, row.events, row.section_students) for row in own.rows] == [("few", 4, 4)]


def test_days_that_are_too_many_or_the_wrong_way_round_are_refused() -> None:
    asker = Asker(school_with(), TODAY)
    for first, last in ((LAST, FIRST), (FIRST, FIRST + timedelta(days=401))):
        with pytest.raises(InvalidQuestionError):
            BehaviourWeeks(first, last).months(asker)


def test_school_with_more_students_than_a_query_may_name_asks_by_section() -> None:
    people = people_of({"all": [f"s{n}" for n in range(MOST_STUDENTS + 1)]})
    with pytest.raises(QueryTooLargeError):
        BehaviourWeeks(FIRST, LAST).statement(Asker(school_with(), TODAY, people), Lake())


def test_bands_of_absences_hold_the_students_of_the_grade_book(lake: LakeFolder) -> None:
    random = Random(5)  # noqa: S311 - no secret
    book = book_by(random, school_with(), students=40)
    missed = {student: random.choice([0, 0, 1, 2, 4, 8]) for student in book.students}
    events = [
        event(student, n, datetime(2026, 4, 1, 12, tzinfo=ZONE), random.choice(["late", "absent"]))
        for student, count in missed.items()
        for n in range(count)
    ]
    outside = [event(book.students[0], 900 + n, datetime(2026, 2, 1, 12, tzinfo=ZONE)) for n in range(20)]
    other = [event(book.students[0], 950 + n, datetime(2026, 4, 1, 12, tzinfo=ZONE), "mood") for n in range(20)]
    lake.add(Dataset.EVENTS, events + outside + other)
    lake.add(Dataset.GRADES, book.rows)
    heights: dict[str, list[float]] = defaultdict(list)
    for section_id in SECTIONS:
        for student in book.students:
            grade = consolidate(book.school.scale, book.of_section(section_id), book.of_student(student))
            if grade.exact:
                above, below = map(int, grade.exact.split("/"))
                heights[student].append((above / below - 1) / 6)
    means = {student: sum(own) / len(own) for student, own in heights.items()}
    rows = {row.absences: row for row in lake.ask(AttendanceAgainstGrades(TERM), Asker(book.school, TODAY)).rows}
    bands = {"0": (0, 0), "1-2": (1, 2), "3-5": (3, 5), "6-10": (6, 10)}
    for band in rows.keys() - {"all"}:
        least, most = bands[band]
        own = [means[student] for student, count in missed.items() if student in means and least <= count <= most]
        assert (rows[band].students, rows[band].mean) == (len(own), pytest.approx(sum(own) / len(own), abs=1e-5))
    students = sorted(means)
    expected = correlation([means[one] for one in students], [missed[one] for one in students])
    assert rows["all"].correlation == pytest.approx(expected, abs=1e-5)
    assert rows["all"].students == len(students)
