"""What becomes of a roster when files are loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.domain.roster import Entity, RosterContent, Standing, name_of
from evaluations.domain.roster_changes import Change, ChangeKind, Comparison, compare
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher

if TYPE_CHECKING:
    from evaluations.domain.roster import Roster

TODAY = date(2026, 6, 1)
MARCH = date(2026, 3, 2)
COURSES = (Course(course_id="mat", name="Mat"), Course(course_id="len", name="Len"))
TEACHERS = (Teacher(teacher_id="tea", given_name="A", family_name="B"),)
SECTIONS = tuple(
    Section(section_id=f"{course}-{group}", course_id=course, school_year=2026, name=group, teacher_id="tea")
    for course in ("mat", "len")
    for group in ("a", "b")
)
STUDENTS = tuple(Student(student_id=f"s{n}", given_name="A", family_name="B") for n in range(10))
ENROLMENTS = tuple(
    Enrolment(section_id="mat-a", student_id=student.student_id, starts_on=MARCH) for student in STUDENTS
)
WHOLE = RosterContent(courses=COURSES, teachers=TEACHERS, sections=SECTIONS, students=STUDENTS, enrolments=ENROLMENTS)


def roster_of(content: RosterContent) -> Roster:
    return {name_of(record): Standing(record, "i-1") for records in content.records().values() for record in records}


def said(content: RosterContent, *, end_missing: bool = False) -> Comparison:
    return compare(content, roster_of(WHOLE), on=TODAY, end_missing=end_missing)


def kinds(found: Comparison) -> list[str]:
    return [f"{change.kind} {change.name}" for change in found.changes]


def test_everything_is_new_in_an_empty_school_and_in_the_order_of_names() -> None:
    found = compare(WHOLE, {}, on=TODAY)
    assert {change.kind for change in found.changes} == {ChangeKind.NEW}
    entities = [change.name.entity for change in found.changes]
    assert entities == sorted(entities, key=list(Entity).index)
    assert found.over(0) == ()


def test_same_files_again_change_nothing() -> None:
    found = said(WHOLE)
    assert (found.changes, found.missing) == ((), ())
    assert sum(found.unchanged.values()) == len(roster_of(WHOLE))


def test_days_that_files_do_not_say_stay_and_a_new_place_begins_today() -> None:
    undated = tuple(replace(enrolment, starts_on=None) for enrolment in ENROLMENTS)
    late = Enrolment(section_id="len-a", student_id="s1")
    [change] = said(replace(WHOLE, enrolments=(*undated, late))).changes
    assert change == Change(kind=ChangeKind.NEW, before=None, after=replace(late, starts_on=TODAY))


def test_who_is_not_named_is_missing_and_stays() -> None:
    found = said(replace(WHOLE, students=STUDENTS[1:], enrolments=ENROLMENTS[1:]))
    assert found.changes == ()
    assert list(map(str, found.missing)) == ["enrolment:mat-a/s0", "student:s0"]


def test_differences_miss_nobody() -> None:
    found = said(RosterContent(students=STUDENTS[:1], complete=frozenset()), end_missing=True)
    assert (found.changes, found.missing) == ((), ())


def test_missing_places_end_when_that_is_asked_for_and_nothing_else_goes() -> None:
    content = replace(WHOLE, students=STUDENTS[1:], enrolments=ENROLMENTS[1:])
    found = said(content, end_missing=True)
    assert kinds(found) == ["ended enrolment:mat-a/s0"]
    assert found.changes[0].after == replace(ENROLMENTS[0], ends_on=TODAY)
    assert list(map(str, found.missing)) == ["student:s0"]


def test_change_of_section_ends_the_other_one_of_that_course() -> None:
    moved = Enrolment(section_id="mat-b", student_id="s0")
    found = said(replace(WHOLE, enrolments=(moved, *ENROLMENTS[1:])))
    assert kinds(found) == ["new enrolment:mat-b/s0", "ended enrolment:mat-a/s0"]
    other_course = Enrolment(section_id="len-a", student_id="s0")
    found = said(replace(WHOLE, enrolments=(other_course, *ENROLMENTS[1:])))
    assert kinds(found) == ["new enrolment:len-a/s0"]
    both = said(replace(WHOLE, enrolments=(moved, *ENROLMENTS)))
    assert kinds(both) == ["new enrolment:mat-b/s0"]


def test_what_is_said_to_be_over_or_deleted_ends() -> None:
    content = RosterContent(
        left=(Enrolment(section_id="mat-a", student_id="s0", ends_on=date(2026, 5, 1)),),
        gone_students=frozenset({"s1"}),
        complete=frozenset(),
    )
    found = said(content)
    assert kinds(found) == ["ended enrolment:mat-a/s0", "ended enrolment:mat-a/s1"]
    assert [change.after.ends_on for change in found.changes if isinstance(change.after, Enrolment)] == [
        date(2026, 5, 1),
        TODAY,
    ]
    assert len(said(replace(content, gone_sections=frozenset({"mat-a"}))).changes) == len(STUDENTS)


def test_place_that_was_over_before_anybody_told_us_is_recorded_once() -> None:
    over = Enrolment(section_id="len-b", student_id="s0", starts_on=MARCH, ends_on=date(2026, 4, 1))
    content = replace(WHOLE, left=(over,))
    [change] = said(content).changes
    assert change.is_of_the_past
    assert change.after == over
    assert compare(content, roster_of(WHOLE), [over], on=TODAY).changes == ()
    undated = replace(over, starts_on=None)
    assert compare(replace(WHOLE, left=(undated,)), roster_of(WHOLE), [over], on=TODAY).changes == ()


def test_who_left_and_came_back_has_both_records() -> None:
    over = replace(ENROLMENTS[0], ends_on=date(2026, 4, 1))
    back = replace(ENROLMENTS[0], starts_on=date(2026, 5, 4))
    found = said(replace(WHOLE, left=(over,), enrolments=(back, *ENROLMENTS[1:])))
    assert kinds(found) == ["changed enrolment:mat-a/s0", "ended enrolment:mat-a/s0"]


@pytest.mark.parametrize(("changed", "held"), [(1, False), (2, True)])
def test_more_than_the_threshold_is_held_by_kind(changed: int, *, held: bool) -> None:
    students = tuple(replace(student, grade_level=6) for student in STUDENTS[:changed])
    found = said(replace(WHOLE, students=(*students, *STUDENTS[changed:])))
    assert found.over(10) == ((Entity.STUDENT,) if held else ())
    ended = said(replace(WHOLE, enrolments=ENROLMENTS[changed:]), end_missing=True)
    assert ended.over(10) == ((Entity.ENROLMENT,) if held else ())
    assert ended.over(100) == ()


_DAYS = st.none() | st.integers(0, 200).map(lambda n: MARCH + timedelta(days=n))


@given(
    st.lists(
        st.tuples(st.sampled_from(SECTIONS), st.sampled_from(STUDENTS[:3]), _DAYS),
        unique_by=lambda place: (place[0].section_id, place[1].student_id),
    ),
    st.booleans(),
)
def test_what_was_loaded_is_what_stands_and_loading_it_again_changes_nothing(
    places: list[tuple[Section, Student, date | None]],
    end_missing: bool,  # noqa: FBT001 - drawn
) -> None:
    content = replace(
        WHOLE,
        enrolments=tuple(
            Enrolment(section_id=section.section_id, student_id=student.student_id, starts_on=day)
            for section, student, day in places
        ),
    )
    found = said(content, end_missing=end_missing)
    after = dict(roster_of(WHOLE))
    for change in found.changes:
        if change.kind is ChangeKind.ENDED:
            del after[change.name]
        else:
            after[change.name] = Standing(change.after, "i-2")
    assert compare(content, after, on=TODAY + timedelta(days=1), end_missing=end_missing).changes == ()
    assert {name_of(enrolment) for enrolment in content.enrolments} <= after.keys()
