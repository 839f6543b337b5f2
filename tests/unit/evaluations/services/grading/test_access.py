"""How long an old assignment or an old calendar may be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from edu import memory
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School, Section, Term
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


def test_administrator_sets_evaluations_and_does_not_grade() -> None:
    admin = Principal("subject", Role.SCHOOL_ADMIN, "norte")
    access.require_writer(admin, SECTION)
    with pytest.raises(NotAssignedError):
        access.require_teacher(admin, SECTION)


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
