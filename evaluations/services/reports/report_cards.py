"""A student's report card: the consolidated grades of the student's courses, term by term, and of the year."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.errors import FieldError, InvalidInputError
from edu.identity.capabilities import holds, require
from evaluations.domain.consolidation import Grade, average, course_grade
from evaluations.domain.school import School, Section, Student, Term
from evaluations.errors import NotAssignedError
from evaluations.permissions import SEE_REPORT_CARDS, SEE_WHOLE_REPORT_CARDS
from evaluations.repository import roster, stored_scores
from evaluations.repository.consolidated import ConsolidatedSection
from evaluations.services.grading import access
from evaluations.services.reports.consolidated_grades import GradeLine, get_places_up_to_date, line_of
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edu.identity.principal import Principal
    from evaluations.domain.scales import GradingScale


@dataclass(frozen=True)
class CardLine:
    """One section's grades, in the order of the card's terms; ``year`` only on a card of the whole year.

    ``attended``: the student is in the section; otherwise the line is what is left of one the student was in.
    """

    section: Section
    course_name: str
    grades: tuple[GradeLine, ...]
    year: Grade | None
    attended: bool = True


@dataclass(frozen=True)
class ReportCard:
    """A student's card for one term, or for every term of one school year.

    ``partial``: a teacher's view, of the teacher's own sections; it has no averages over the courses. ``averages`` are
    the mean of the courses in each term, ``year`` that of their years. A course counts once, with the grades that the
    student's sections of it come to in each term (``domain.consolidation.course_grade``). ``as_of``: the oldest
    computation on it.
    """

    school: School
    student: Student = field(repr=False)
    terms: tuple[Term, ...]
    lines: tuple[CardLine, ...]
    averages: tuple[Grade, ...]
    year: Grade | None
    partial: bool
    stale: bool
    as_of: datetime | None

    @property
    def school_year(self) -> int | None:
        """The one school year the card is of; ``None`` for a school without terms."""
        return self.terms[0].year if self.terms else None

    @property
    def scale(self) -> GradingScale | None:
        """The scale of all its grades; ``None`` when its terms are on different ones, and then no year has a value."""
        return _common_scale(self.school, self.terms)


def get_report_card(
    *, actor: Principal, student_id: str, term_id: str | None = None, school_year: int | None = None
) -> ReportCard:
    """The student's card: for administrators whole, for a teacher the rows of the teacher's own sections.

    It is of one school year: the asked term's, or the asked one, or the latest that has begun by today in the school's
    time zone (the first one while none has). Only that year's terms and sections are on it. Seven calls to the table
    when nothing has changed.

    Raises:
        NotFoundError: no such student in this school.
        NotAssignedError: a teacher asks who teaches the student nothing in that year.
        InvalidInputError: no such term or school year in this school, or the term is of another year.
    """
    school, student = school_cache.get_school(), roster.get_student(student_id)
    terms = _terms_of_card(school, term_id, school_year)
    attended = {enrolment.section_id for enrolment in roster.list_attended(student_id)}
    scored = stored_scores.list_places_of_student(student_id)
    sections = _sections_of(actor, terms, attended, scored)
    every = [(term.term_id, section.section_id) for section in sections for term in terms]
    places = [place for place in every if place[1] in attended or place in scored]
    stored, outdated = get_places_up_to_date(places, student_id)
    courses = {course.course_id: course.name for course in roster.list_courses()}
    lines, scale = [], _common_scale(school, terms)
    for section in sections:
        grades = _grades(section, terms, student_id, stored, outdated)
        name = courses.get(section.course_id, section.course_id)
        lines.append(CardLine(section, name, grades, _year(scale, grades), section.section_id in attended))
    instants = [grade.as_of for line in lines for grade in line.grades if grade.as_of]
    partial, by_course = not holds(actor, SEE_WHOLE_REPORT_CARDS), _by_course(school, terms, lines)
    return ReportCard(
        school=school,
        student=student,
        terms=terms,
        lines=tuple(lines),
        averages=() if partial else _averages(school, terms, by_course),
        year=None if partial or len(terms) == 1 else average(scale, [average(scale, row) for row in by_course]),
        partial=partial,
        stale=bool(outdated),
        as_of=min(instants, default=None),
    )


def _terms_of_card(school: School, term_id: str | None, school_year: int | None) -> tuple[Term, ...]:
    if term_id is None:
        asked = school.year_on(_today(school)) if school_year is None else school_year
        terms = school.terms_of(asked)
        if school_year is not None and not terms:
            message = _("This school has no such school year")
            raise InvalidInputError(fields=[FieldError("school_year", "exists", message)])
        return terms
    term = school_cache.get_term(term_id)
    if school_year not in {None, term.year}:
        message = _("The term is of another school year")
        raise InvalidInputError(fields=[FieldError("school_year", "of_term", message)])
    return (term,)


def _today(school: School) -> date:
    return clock.now().astimezone(ZoneInfo(school.time_zone)).date()


def _sections_of(
    actor: Principal, terms: Iterable[Term], attended: set[str], scored: set[tuple[str, str]]
) -> list[Section]:
    """The year's sections the student attends or was graded in, as far as the actor may see them, by name."""
    wanted, years = {term.term_id for term in terms}, {term.year for term in terms}
    names = attended | {section_id for term_id, section_id in scored if term_id in wanted}
    sections = [found for found in roster.list_sections() if found.section_id in names and found.school_year in years]
    require(actor, SEE_REPORT_CARDS)
    if not holds(actor, SEE_WHOLE_REPORT_CARDS):
        sections = [section for section in sections if access.teaches(actor, section)]
        if not sections:
            raise NotAssignedError
    return sorted(sections, key=lambda section: (roster.folded(section.name), section.section_id))


def _grades(
    section: Section,
    terms: Iterable[Term],
    student_id: str,
    stored: Mapping[tuple[str, str], ConsolidatedSection],
    outdated: frozenset[tuple[str, str]],
) -> tuple[GradeLine, ...]:
    places = [(term.term_id, section.section_id) for term in terms]
    return tuple(line_of(stored.get(place, _NEVER_IN_IT), student_id, is_stale=place in outdated) for place in places)


def _common_scale(school: School, terms: Iterable[Term]) -> GradingScale | None:
    scales = {school.scale_in(term.term_id) for term in terms} or {school.scale}
    return scales.pop() if len(scales) == 1 else None


def _year(scale: GradingScale | None, grades: tuple[GradeLine, ...]) -> Grade | None:
    return average(scale, [_known(line) for line in grades]) if len(grades) > 1 else None


def _by_course(school: School, terms: Iterable[Term], lines: Iterable[CardLine]) -> list[list[Grade]]:
    """Each course's grades, term by term."""
    of_course: dict[str, list[CardLine]] = {}
    for line in lines:
        of_course.setdefault(line.section.course_id, []).append(line)
    return [
        [
            course_grade(school.scale_in(term.term_id), [(_known(row.grades[n]), row.attended) for row in rows])
            for n, term in enumerate(terms)
        ]
        for rows in of_course.values()
    ]


def _averages(school: School, terms: Iterable[Term], by_course: Iterable[list[Grade]]) -> tuple[Grade, ...]:
    rows = list(by_course)
    return tuple(average(school.scale_in(term.term_id), [row[n] for row in rows]) for n, term in enumerate(terms))


def _known(line: GradeLine) -> Grade:
    """The line's grade; one of nothing where there is none yet, which leaves an average incomplete."""
    return line.grade or _NOTHING


_NEVER_IN_IT = ConsolidatedSection()
_NOTHING = Grade(complete=False, counted=0, evaluations=0, weight_counted=Decimal(0), weight_total=Decimal(0))
