"""Who teaches a section on a day, and as what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.domain.school import Section
from evaluations.domain.teaching import MOST_ASSIGNMENTS, Capacity, TeachingAssignment

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
DAY = timedelta(days=1)
SUBSTITUTE = TeachingAssignment(
    assignment_id="a-1", teacher_id="sub-1", capacity=Capacity.SUBSTITUTE, starts_on=FIRST, ends_on=LAST
)
CO_TEACHER = TeachingAssignment(assignment_id="a-2", teacher_id="co-1", capacity=Capacity.CO_TEACHER)
SECTION = Section(
    section_id="mat-5a",
    course_id="mat-5",
    school_year=2026,
    name="5º A",
    teacher_id="own-1",
    others=(SUBSTITUTE, CO_TEACHER),
    teachers_version=2,
)
NOW = datetime(2026, 9, 10, 14, tzinfo=UTC)
days = st.dates(FIRST - 5 * DAY, LAST + 5 * DAY)


@pytest.mark.parametrize(
    ("day", "capacity"),
    [(FIRST - DAY, None), (FIRST, Capacity.SUBSTITUTE), (LAST, Capacity.SUBSTITUTE), (LAST + DAY, None)],
)
def test_substitute_teaches_from_the_first_day_to_the_last(day: date, capacity: Capacity | None) -> None:
    assert SECTION.capacity_of("sub-1", day) is capacity
    assert SECTION.capacity_of("own-1", day) is Capacity.TEACHER
    assert SECTION.capacity_of("co-1", day) is Capacity.CO_TEACHER
    assert SECTION.capacity_of("nobody", day) is None
    assert SECTION.capacity_of("", day) is None


def test_assignment_that_was_ended_covers_no_day_whatever_its_last() -> None:
    ended = replace(SUBSTITUTE, ended_at=NOW)
    assert not ended.covers(FIRST)
    assert ended.is_over(FIRST)
    assert replace(SECTION, others=(ended,)).capacity_of("sub-1", FIRST) is None
    assert SECTION.has_been_taught_by("sub-1")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"capacity": Capacity.TEACHER}, "capacity"),
        ({"capacity": Capacity.ADMINISTRATOR}, "capacity"),
        ({"starts_on": None}, "starts_on"),
        ({"ends_on": None}, "ends_on"),
        ({"ends_on": FIRST - DAY}, "ends_on"),
        ({"ended_at": datetime(2026, 9, 10)}, "ended_at"),  # noqa: DTZ001 - naive on purpose
        ({"teacher_id": "A"}, "teacher_id"),
        ({"assignment_id": ""}, "assignment_id"),
    ],
)
def test_assignment_with_a_bad_field_names_it(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}"):
        replace(SUBSTITUTE, **changed)


@given(days, days, days, days)
def test_assignments_overlap_when_they_share_a_day(a: date, b: date, c: date, d: date) -> None:
    one = replace(SUBSTITUTE, starts_on=min(a, b), ends_on=max(a, b))
    other = replace(SUBSTITUTE, assignment_id="a-3", starts_on=min(c, d), ends_on=max(c, d))
    every = [FIRST - 5 * DAY + n * DAY for n in range(30)]
    shared = any(one.covers(day) and other.covers(day) for day in every)
    assert one.overlaps(other) is other.overlaps(one) is shared
    open_ended = replace(CO_TEACHER, starts_on=other.starts_on)
    assert one.overlaps(open_ended) is any(one.covers(day) and open_ended.covers(day) for day in every)
    assert one.overlaps(CO_TEACHER)
    assert not one.overlaps(replace(CO_TEACHER, ended_at=NOW))


def test_section_has_nobody_twice_on_a_day_and_not_too_many() -> None:
    twice = replace(SUBSTITUTE, assignment_id="a-3", starts_on=LAST, ends_on=LAST + DAY)
    with pytest.raises(ValueError, match="others"):
        replace(SECTION, others=(SUBSTITUTE, twice))
    with pytest.raises(ValueError, match="others"):
        replace(SECTION, others=(SUBSTITUTE, replace(CO_TEACHER, assignment_id="a-1")))
    after = replace(twice, starts_on=LAST + DAY)
    assert replace(SECTION, others=(SUBSTITUTE, after)).capacity_of("sub-1", LAST + DAY) is Capacity.SUBSTITUTE
    many = tuple(replace(CO_TEACHER, assignment_id=f"a-{n}", teacher_id=f"t-{n}") for n in range(MOST_ASSIGNMENTS + 1))
    assert replace(SECTION, others=many[1:])
    with pytest.raises(ValueError, match="others"):
        replace(SECTION, others=many)
