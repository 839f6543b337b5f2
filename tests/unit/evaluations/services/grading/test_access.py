"""How long an old assignment or an old calendar may be believed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from edu import memory
from edu.errors import InvalidInputError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School, Section, Term
from evaluations.domain.teaching import Capacity, TeachingAssignment
from evaluations.errors import ClosedTermError, NotAssignedError
from evaluations.repository import roster, school_profile
from evaluations.services.grading import access
from evaluations.services.school import school_cache, term_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

TERM = Term(term_id="t1", name="Primero", starts_on=date(2026, 3, 1), ends_on=date(2026, 6, 30), closed=False)
SCHOOL = School(
    school_id="norte",
    name="Norte",
    country="CL",
    time_zone="America/Santiago",
    locale="es-CL",
    scale=STANDARD_SCALES["1-7"],
    terms=(TERM,),
)
SECTION = Section(section_id="mat-5a", course_id="mat-5", school_year=2026, name="5º A", teacher_id="ana")
SUBSTITUTE = TeachingAssignment(
    assignment_id="a-1",
    teacher_id="luis",
    capacity=Capacity.SUBSTITUTE,
    starts_on=date(2026, 4, 6),
    ends_on=date(2026, 4, 7),
)
SHARED = replace(SECTION, others=(SUBSTITUTE,), teachers_version=1)
PLACE = {"section_id": "mat-5a", "term_id": "t1"}


@pytest.fixture(autouse=True)
def in_school() -> Iterator[None]:
    memory.forget_everything()
    with enter_school("norte"):
        yield
    memory.forget_everything()


def teacher(person_id: str) -> Principal:
    return Principal(f"subject-{person_id}", Role.TEACHER, "norte", person_id)


def test_new_assignment_holds_within_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = [SECTION]
    monkeypatch.setattr(roster, "get_section", lambda _: sections[-1])
    with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC), tick=False) as clock:
        access.require_teacher(teacher("ana"), school_cache.get_section("mat-5a"))
        sections.append(replace(SECTION, teacher_id="luis"))
        clock.shift(timedelta(seconds=301))
        access.require_teacher(teacher("luis"), school_cache.get_section("mat-5a"))
        with pytest.raises(NotAssignedError):
            access.require_teacher(teacher("ana"), school_cache.get_section("mat-5a"))


def test_administrator_sets_evaluations_and_does_not_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "get_section", lambda _: SECTION)
    monkeypatch.setattr(school_profile, "get_school", lambda: SCHOOL)
    admin = Principal("subject", Role.SCHOOL_ADMIN, "norte")
    access.require_writer(admin, SECTION)
    with pytest.raises(NotAssignedError):
        access.require_teacher(admin, SECTION)
    with pytest.raises(NotAssignedError):
        access.require_grader(admin, **PLACE, reason="Licencia")


def test_administrator_grades_for_an_absent_teacher_where_the_school_lets_them_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rule is looked up again before it refuses; who teaches is no administrator there."""
    admin, both = (Principal("subject", Role.SCHOOL_ADMIN, "norte", who) for who in ("", "ana"))
    schools = [SCHOOL, replace(SCHOOL, administrators_grade=True)]
    monkeypatch.setattr(roster, "get_section", lambda _: SECTION)
    monkeypatch.setattr(school_profile, "get_school", lambda: schools[-1])
    memory.remember("school", SCHOOL)
    permit = access.require_grader(admin, **PLACE, reason="Licencia")
    assert (permit.capacity, permit.is_open, permit.needs_reason) == (Capacity.ADMINISTRATOR, True, True)
    with pytest.raises(InvalidInputError):
        access.require_grader(admin, **PLACE)
    assert access.require_section_grader(admin, **PLACE).needs_reason
    assert access.require_grader(both, **PLACE).capacity is Capacity.TEACHER
    schools.append(replace(SCHOOL, administrators_grade=False))
    memory.forget_everything()
    with pytest.raises(NotAssignedError):
        access.require_grader(admin, **PLACE, reason="Licencia")


def test_closed_term_is_the_administrators_whoever_teaches(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(SCHOOL, terms=(replace(TERM, closed=True),), administrators_grade=True)
    monkeypatch.setattr(roster, "get_section", lambda _: SECTION)
    monkeypatch.setattr(school_profile, "get_school", lambda: closed)
    for person_id in ("", "ana"):
        admin = Principal("subject", Role.SCHOOL_ADMIN, "norte", person_id)
        assert access.require_grader(admin, **PLACE, reason="Error").capacity is Capacity.ADMINISTRATOR
        with pytest.raises(InvalidInputError):
            access.require_grader(admin, **PLACE)
        with pytest.raises(ClosedTermError):
            access.require_section_grader(admin, **PLACE)
    with pytest.raises(ClosedTermError):
        access.require_grader(teacher("ana"), **PLACE, reason="Error")
    with pytest.raises(NotAssignedError):
        access.require_grader(teacher("luis"), **PLACE, reason="Error")


def test_substitute_teaches_on_the_schools_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lima is at UTC-5: 7 April is over there at 05:00 UTC of the 8th."""
    monkeypatch.setattr(school_profile, "get_school", lambda: replace(SCHOOL, time_zone="America/Lima"))
    monkeypatch.setattr(roster, "get_section", lambda _: SHARED)
    moments = {
        datetime(2026, 4, 6, 4, 59, 59, tzinfo=UTC): False,
        datetime(2026, 4, 6, 5, tzinfo=UTC): True,
        datetime(2026, 4, 8, 4, 59, 59, tzinfo=UTC): True,
        datetime(2026, 4, 8, 5, tzinfo=UTC): False,
    }
    for moment, may in moments.items():
        with time_machine.travel(moment, tick=False):
            assert access.teaches(teacher("luis"), SHARED) is may
            with nullcontext() if may else pytest.raises(NotAssignedError):
                assert access.require_grader(teacher("luis"), **PLACE).capacity is Capacity.SUBSTITUTE
            assert access.capacity_in(teacher("ana"), SHARED) is Capacity.TEACHER
            assert access.capacity_in(teacher(""), SHARED) is None


def test_new_substitute_is_let_in_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process remembers the section as it was before."""
    monkeypatch.setattr(school_profile, "get_school", lambda: SCHOOL)
    monkeypatch.setattr(roster, "get_section", lambda _: SHARED)
    with time_machine.travel(datetime(2026, 4, 7, 15, tzinfo=UTC), tick=False):
        for ask in (access.require_grader, access.require_editor, access.permit_of_writer):
            memory.remember("section:mat-5a", SECTION)
            assert ask(teacher("luis"), **PLACE).section is SHARED
        memory.remember("section:mat-5a", SECTION)
        access.require_teacher(teacher("luis"), SECTION)


def test_who_cannot_teach_is_refused_without_another_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> Section:
        pytest.fail("a look at the table")

    monkeypatch.setattr(roster, "get_section", fail)
    for who in (Principal("subject", Role.AUDITOR, "norte", "ana"), teacher("")):
        with pytest.raises(NotAssignedError):
            access.require_teacher(who, SECTION)


def test_term_is_refused_only_after_looking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(SCHOOL, terms=(replace(TERM, closed=True),))
    records = [closed]
    monkeypatch.setattr(school_profile, "get_school", lambda: records[-1])
    with pytest.raises(ClosedTermError):
        term_rules.require_open_term("t1")
    records.append(SCHOOL)
    assert term_rules.require_open_term("t1") == TERM


def test_own_change_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [SCHOOL]
    monkeypatch.setattr(school_profile, "get_school", lambda: records[-1])
    assert school_cache.open_terms() == [TERM]
    records.append(replace(SCHOOL, terms=(replace(TERM, closed=True),)))
    assert school_cache.open_terms() == [TERM]
    school_cache.forget_school()
    assert school_cache.open_terms() == []
