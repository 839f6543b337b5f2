"""Report cards without a table behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from evaluations.domain.consolidation import Grade
from evaluations.domain.means import shown_mean
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School, Section, Student, Term
from evaluations.services.reports.consolidated_grades import GradeLine
from evaluations.services.reports.report_cards import CardLine, ReportCard

AS_OF = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def grade(value: str | None, exact: str | None = None, *, complete: bool = True, passing: bool | None = True) -> Grade:
    found = exact or value
    return Grade(
        value=value,
        exact=found,
        mean=shown_mean(STANDARD_SCALES["1-7"], Fraction(found)) if found else None,
        passing=passing if value else None,
        complete=complete,
        counted=2,
        evaluations=2,
        weight_counted=Decimal(100),
        weight_total=Decimal(100),
    )


def term(number: int) -> Term:
    return Term(
        term_id=f"2026-t{number}",
        name=f"{number}º trimestre 2026",
        starts_on=date(2026, 3 * number, 1),
        ends_on=date(2026, 3 * number + 2, 20),
        closed=False,
    )


def course(name: str, *grades: Grade | None, year: Grade | None = None) -> CardLine:
    section = Section(
        section_id=f"{len(name)}-5a", course_id="c-5", school_year=2026, name=f"5º A {name}"[:120], teacher_id="t1"
    )
    lines = tuple(GradeLine("student-001", found, AS_OF if found else None, stale=False) for found in grades)
    return CardLine(section, name, lines, year)


def card(
    *lines: CardLine,
    family_name: str = "Muñoz Ibáñez",
    given_name: str = "Íñigo Joaquín",
    terms: int = 1,
    averages: Grade | None = None,
    country: str = "CL",
) -> ReportCard:
    average = averages or grade("5.9", "47/8")
    student = Student(
        student_id="student-001",
        given_name=given_name,
        family_name=family_name,
        national_id="11111111-1",
        birth_on=date(2014, 3, 1),
        grade_level=5,
    )
    school = School(
        school_id="escuela-1",
        name="Colegio San José de Ñuñoa",
        country=country,
        time_zone="America/Santiago",
        locale="es-CL",
        scale=STANDARD_SCALES["1-7"],
        terms=tuple(term(n + 1) for n in range(terms)),
    )
    return ReportCard(
        school=school,
        student=student,
        terms=school.terms,
        lines=lines,
        averages=tuple(average for _ in school.terms),
        year=average if terms > 1 else None,
        partial=False,
        stale=False,
        as_of=AS_OF,
    )


def partial(found: ReportCard) -> ReportCard:
    return replace(found, partial=True, averages=(), year=None)
