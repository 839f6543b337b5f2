"""A report card is of one school year."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.services.reports import nightly, report_cards
from tests.integration.evaluations.calendar import NEXT_TERM, begin_next_year, grade_next_year, term_of_next_year
from tests.integration.evaluations.conftest import ApiClient, refused
from tests.integration.evaluations.gradebook import SECTION, record, set_evaluation
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from evaluations.services.reports.report_cards import ReportCard
    from tests.support.schools import TestSchool

CARD = "/students/student-000/report-card"


@pytest.fixture
def two_years(school: TestSchool) -> TestSchool:
    """A 2.0 in mathematics this year and a 7.0 in the next one, which begins today."""
    with enter_school(school.school_id):
        record(school, set_evaluation(school, "100"), "2.0")
        begin_next_year(school)
        grade_next_year(school, "7.0")
    return school


def card(school: TestSchool, *, term_id: str | None = None, school_year: int | None = None) -> ReportCard:
    with enter_school(school.school_id):
        return services.get_report_card(
            actor=school.person(Role.SCHOOL_ADMIN),
            student_id=school.students[0].student_id,
            term_id=term_id,
            school_year=school_year,
        )


def values(found: ReportCard) -> dict[str, list[str | None]]:
    return {
        line.section.section_id: [grade.grade.value if grade.grade else None for grade in line.grades]
        for line in found.lines
    }


def test_years_do_not_mix(two_years: TestSchool) -> None:
    first, second = card(two_years, school_year=2026), card(two_years, school_year=2027)
    assert [term.term_id for term in first.terms] == [CLOSED_TERM, OPEN_TERM]
    assert values(first) == {SECTION: [None, "2.0"], "len-5a": [None, None]}
    assert first.year is not None
    assert first.year.value == "2.0"
    assert values(second) == {"mat-6a": ["7.0"]}
    assert [grade.value for grade in second.averages] == ["7.0"]
    assert (first.school_year, second.school_year) == (2026, 2027)


def test_card_of_a_term_has_the_sections_of_its_year(two_years: TestSchool) -> None:
    assert values(card(two_years, term_id=OPEN_TERM)) == {SECTION: ["2.0"], "len-5a": [None]}
    assert values(card(two_years, term_id=NEXT_TERM)) == {"mat-6a": ["7.0"]}


def test_year_begins_at_the_schools_own_midnight(two_years: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    first_day = term_of_next_year(two_years.school).starts_on
    midnight = datetime.combine(first_day, time(0), ZoneInfo("America/Santiago"))
    before_all, a_second_before = midnight - timedelta(days=2000), midnight - timedelta(seconds=1)
    for moment, year in ((before_all, 2026), (a_second_before, 2026), (midnight, 2027)):
        monkeypatch.setattr(report_cards, "clock", SimpleNamespace(now=lambda moment=moment: moment))
        assert card(two_years).school_year == year


def test_section_is_evaluated_and_consolidated_in_its_own_year_only(
    two_years: TestSchool, teacher: ApiClient, exam: dict[str, Any]
) -> None:
    answer = teacher.post("/sections/mat-6a/evaluations", exam)
    assert refused(answer) == (422, "invalid_input")
    assert [(e["field"], e["rule"]) for e in answer.json()["errors"]] == [("term_id", "of_section_year")]
    with enter_school(two_years.school_id):
        assert nightly._places() == [
            *(f"{CLOSED_TERM}/{section}" for section in ("len-5a", "mat-5a")),
            f"{NEXT_TERM}/mat-6a",
            *(f"{OPEN_TERM}/{section}" for section in ("len-5a", "mat-5a")),
        ]


def test_year_over_http(two_years: TestSchool, admin: ApiClient, teacher: ApiClient) -> None:
    with enter_school(two_years.school_id):
        years = {term.term_id: term.year for term in services.list_terms()}
    listed = {term["term_id"]: term["school_year"] for term in admin.get("/terms").json()["results"]}
    assert listed == years == {CLOSED_TERM: 2026, OPEN_TERM: 2026, NEXT_TERM: 2027}
    body = admin.get(f"{CARD}?school_year=2027").json()
    assert (body["school_year"], [course["section_id"] for course in body["courses"]]) == (2027, ["mat-6a"])
    assert [c["section_id"] for c in teacher.get(f"{CARD}?school_year=2026").json()["courses"]] == [SECTION]


@pytest.mark.parametrize(
    "query", ["school_year=2030", "school_year=x", "school_year=1", f"school_year=2030&term={OPEN_TERM}"]
)
def test_unknown_year_names_the_field(admin: ApiClient, query: str) -> None:
    answer = admin.get(f"{CARD}?{query}")
    assert refused(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == ["school_year"]
