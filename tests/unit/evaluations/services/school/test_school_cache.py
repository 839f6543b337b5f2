"""A school's rules are remembered for five minutes, for that school alone."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import translation

from edu import memory
from edu.errors import InvalidInputError, NotFoundError
from edu.identity.principal import Principal, Role
from edu.tenancy import NoScopeError, current_school_id, enter_platform, enter_school
from evaluations.domain.evaluation import ScoreState
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School, Section, Term
from evaluations.errors import ClosedTermError, InvalidScoreError, NotAssignedError
from evaluations.repository import roster, school_profile
from evaluations.services import inputs
from evaluations.services.grading import access
from evaluations.services.grading.score_values import canonical_value
from evaluations.services.school import school_cache, term_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

SCALES = {"norte": "1-7", "norte0": "0-20", "sur": "a-f"}
TERM = Term(term_id="t1", name="Primero", starts_on=date(2026, 3, 1), ends_on=date(2026, 6, 30), closed=False)


class Roster:
    """The table's records, and how often each was read."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, str]] = []

    def get_school(self) -> School:
        school_id = current_school_id()
        self.reads.append((school_id, "school"))
        terms = (TERM, replace(TERM, term_id="t2", starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 1), closed=True))
        return School(
            school_id=school_id,
            name=school_id,
            country="CL",
            time_zone="America/Santiago",
            locale="es-CL",
            scale=STANDARD_SCALES[SCALES[school_id]],
            terms=terms,
        )

    def get_section(self, section_id: str) -> Section:
        self.reads.append((current_school_id(), section_id))
        if section_id == "none":
            raise NotFoundError
        teacher_id = f"teacher-of-{current_school_id()}"
        return Section(section_id=section_id, course_id="c", school_year=2026, name="x", teacher_id=teacher_id)


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Roster]:
    table = Roster()
    monkeypatch.setattr(school_profile, "get_school", table.get_school)
    monkeypatch.setattr(roster, "get_section", table.get_section)
    memory.forget_everything()
    yield table
    memory.forget_everything()


def test_rules_never_cross_schools_whatever_the_order() -> None:
    for school_id in [*SCALES, *reversed(SCALES), *SCALES]:
        with enter_school(school_id):
            assert school_cache.get_school().school_id == school_id
            assert school_cache.get_school().scale.scale_id == SCALES[school_id]
            assert school_cache.get_section("mat-5a").teacher_id == f"teacher-of-{school_id}"


def test_another_schools_scale_does_not_judge_a_grade() -> None:
    for school_id, good, bad in (("norte", "6.5", "15"), ("norte0", "15", "6.5"), ("sur", "A", "6.5")) * 2:
        with enter_school(school_id):
            assert canonical_value(ScoreState.RECORDED, good, "t1")
            with pytest.raises(InvalidScoreError):
                canonical_value(ScoreState.RECORDED, bad, "t1")


@pytest.mark.parametrize(
    ("school_id", "value", "rule", "message"),
    [
        ("norte", "7.1", "out_of_range", "Debe estar entre 1 y 7, de 0.1 en 0.1"),
        ("norte", "6.55", "bad_step", "Debe estar entre 1 y 7, de 0.1 en 0.1"),
        ("norte", "siete", "not_a_number", "Debe estar entre 1 y 7, de 0.1 en 0.1"),
        ("norte", "6,5", "not_a_number", "Use punto decimal: 6.5"),
        ("norte0", "21", "out_of_range", "Debe estar entre 0 y 20, de 1 en 1"),
        ("sur", "E", "unknown_letter", "Debe ser una de estas: A, B, C, D, F"),
    ],
)
def test_refused_grade_says_what_the_scale_takes(school_id: str, value: str, rule: str, message: str) -> None:
    with enter_school(school_id), translation.override("es"), pytest.raises(InvalidScoreError) as raised:
        canonical_value(ScoreState.RECORDED, value, "t1")
    [error] = raised.value.fields
    assert (error.field, error.rule, error.message) == ("value", rule, message)


def test_rules_are_read_once_in_five_minutes(table: Roster) -> None:
    with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC), tick=False) as clock, enter_school("norte"):
        for _ in range(10):
            school_cache.get_school()
            school_cache.get_section("mat-5a")
        assert len(table.reads) == 2
        clock.shift(timedelta(seconds=299))
        school_cache.get_school()
        assert len(table.reads) == 2
        clock.shift(timedelta(seconds=2))
        school_cache.get_school()
        assert len(table.reads) == 3


def test_memory_holds_the_sections_of_fifty_schools() -> None:
    for number in range(50):
        with enter_school(f"school-{number}"):
            for section in range(30):
                memory.remember(f"section:{section}", number)
    for number in range(50):
        with enter_school(f"school-{number}"):
            assert all(memory.remembered(f"section:{section}", lambda: None) == number for section in range(30))


def test_missing_section_is_not_remembered(table: Roster) -> None:
    with enter_school("norte"):
        for _ in range(2):
            with pytest.raises(NotFoundError):
                school_cache.get_section("none")
    assert len(table.reads) == 2


def test_outside_a_school_nothing_is_read_even_from_memory(table: Roster) -> None:
    with enter_school("norte"):
        school_cache.get_school()
    with pytest.raises(NoScopeError):
        school_cache.get_school()
    with enter_platform(), pytest.raises(NoScopeError):
        school_cache.get_school()
    assert len(table.reads) == 1


@pytest.mark.parametrize(
    ("role", "person_id", "may"),
    [
        (Role.TEACHER, "teacher-of-norte", True),
        (Role.SCHOOL_ADMIN, "", True),
        (Role.TEACHER, "teacher-of-sur", False),
        (Role.TEACHER, "", False),
        (Role.STUDENT, "teacher-of-norte", False),
        (Role.AUDITOR, "teacher-of-norte", False),
        (Role.PLATFORM_OPERATOR, "teacher-of-norte", False),
    ],
)
def test_only_the_sections_teacher_and_administrators_write(role: Role, person_id: str, may: bool) -> None:  # noqa: FBT001
    actor = Principal("subject", role, "norte", person_id)
    with enter_school("norte"), nullcontext() if may else pytest.raises(NotAssignedError):
        access.require_writer(actor, school_cache.get_section("mat-5a"))


def test_day_is_the_one_by_the_schools_clocks_and_in_utc_where_there_is_no_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``America/Santiago`` is at UTC-4 in May: its day begins at 04:00 UTC."""
    with enter_school("norte"):
        for instant, day in (
            (datetime(2026, 5, 10, 3, 59, 59, tzinfo=UTC), 9),
            (datetime(2026, 5, 10, 4, tzinfo=UTC), 10),
        ):
            with time_machine.travel(instant, tick=False):
                assert school_cache.today() == date(2026, 5, day)

    def none() -> School:
        raise NotFoundError

    monkeypatch.setattr(school_profile, "get_school", none)
    with enter_school("sur"), time_machine.travel(datetime(2026, 5, 10, 0, 0, tzinfo=UTC), tick=False):
        assert school_cache.today() == date(2026, 5, 10)


def test_term_must_be_open_and_contain_the_day() -> None:
    with enter_school("norte"):
        assert term_rules.require_open_term("t1", date(2026, 3, 1)) == TERM
        assert [term.term_id for term in school_cache.open_terms()] == ["t1"]
        with pytest.raises(ClosedTermError):
            term_rules.require_open_term("t2")
        for term_id, on in (("t3", None), ("t1", date(2026, 2, 28)), ("t1", date(2026, 7, 1))):
            with pytest.raises(InvalidInputError):
                term_rules.require_open_term(term_id, on)


def test_domains_refusal_names_the_field_and_not_the_value() -> None:
    with pytest.raises(InvalidInputError) as raised, inputs.domain_rules():
        raise ValueError("title: not one printable line")
    [error] = raised.value.fields
    assert (error.field, error.rule) == ("title", "invalid")
