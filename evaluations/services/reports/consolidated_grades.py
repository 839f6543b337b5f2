"""Reading consolidated grades: never yesterday's truth without saying so.

Marks are read before the grades they speak of; what is marked, or was never computed, is computed at once, before the
answer. When the table is too busy for that, the answer is what stands, and says that it may be old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from edu.dynamo.errors import StoreUnavailableError
from edu.logs import get_logger
from evaluations.domain.consolidation import Grade
from evaluations.repository import consolidated, roster, stale_marks
from evaluations.services.grading import access
from evaluations.services.reports import consolidating
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.identity.principal import Principal
    from evaluations.repository.consolidated import ConsolidatedSection
    from evaluations.repository.stale_marks import StaleMark

    Place = tuple[str, str]  # a term's id and a section's

_ATTEMPTS = 3  # against teachers who write, and others who compute, at the same moment
_log = get_logger(__name__)


@dataclass(frozen=True)
class GradeLine:
    """A student's consolidated grade. ``stale``: scores may have changed since ``as_of`` (``None``: never computed)."""

    student_id: str
    grade: Grade | None
    as_of: datetime | None
    stale: bool


@dataclass(frozen=True)
class SectionGrades:
    """The consolidated grades of a section in a term, by student id.

    ``evaluations`` and ``weight_total`` are of those that count; the weights need not add up to 100.
    """

    section_id: str
    term_id: str
    evaluations: int
    weight_total: Decimal
    lines: tuple[GradeLine, ...]
    stale: bool


def get_section_grades(*, actor: Principal, section_id: str, term_id: str) -> SectionGrades:
    """A section's consolidated grades, for its teacher and the school's administrators.

    Of everybody enrolled, and of who has a grade in it and is enrolled no more.
    Three queries when nothing has changed, whatever the number of students (up to 99).

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
        InvalidInputError: no such term in this school.
    """
    access.require_score_reader(actor, school_cache.get_section(section_id))
    school_cache.get_term(term_id)
    stored, is_stale, enrolled = _section_up_to_date(term_id, section_id)
    graded = {student_id for student_id, found in stored.grades.items() if found.grade.value is not None}
    lines = tuple(line_of(stored, student_id, is_stale=is_stale) for student_id in sorted(enrolled | graded))
    summary = stored.summary
    return SectionGrades(
        section_id=section_id,
        term_id=term_id,
        evaluations=summary.counting if summary else 0,
        weight_total=summary.weight_total if summary else Decimal(0),
        lines=lines,
        stale=is_stale,
    )


def get_places_up_to_date(
    places: Iterable[Place], student_id: str
) -> tuple[dict[Place, ConsolidatedSection], frozenset[Place]]:
    """One student's part of each place, computed again where needed, and the places that could not be.

    Two batch reads for up to 50 places when nothing has changed.
    """
    every = list(places)
    for _attempt in range(_ATTEMPTS):
        try:
            marks = stale_marks.list_stale_of_student(every, student_id)
            stored = consolidated.get_of_student(every, student_id)
            outdated = [place for place in every if _student_is_outdated(place, student_id, marks, stored[place])]
            if not outdated:
                return stored, frozenset()
            for term_id, section_id in outdated:
                _recompute((term_id, section_id), student_id, marks, stored[term_id, section_id])
        except StoreUnavailableError as error:
            _log.warning("consolidated grades not refreshed", code=error.code)
            break
    # what stands, after all, and that it may be old
    return consolidated.get_of_student(every, student_id), frozenset(every)


def line_of(stored: ConsolidatedSection, student_id: str, *, is_stale: bool) -> GradeLine:
    """A student's line from what is stored."""
    found = stored.grades.get(student_id)
    if found is None:
        return GradeLine(student_id, None, stored.summary.as_of if stored.summary else None, is_stale)
    return GradeLine(student_id, found.grade, found.as_of, is_stale)


def is_outdated(stored: ConsolidatedSection, marks: Iterable[StaleMark]) -> bool:
    """Whether the section as a whole has to be computed: never done, under other rules, or marked."""
    return _rules_changed(stored) or any(mark.student_id is None for mark in marks)


def _section_up_to_date(term_id: str, section_id: str) -> tuple[ConsolidatedSection, bool, set[str]]:
    enrolled: set[str] = set()
    for _attempt in range(_ATTEMPTS):
        try:
            marks = stale_marks.list_stale(term_id, section_id)
            enrolled = {enrolment.student_id for enrolment in roster.list_enrolments(section_id)}
            stored = consolidated.get_section(term_id, section_id)
            outdated = _outdated_students(stored, marks, enrolled)
            whole = is_outdated(stored, marks)
            if not outdated and not whole:
                return stored, False, enrolled
            if len(outdated) == 1 and not whole:
                consolidating.refresh_student(term_id=term_id, section_id=section_id, student_id=outdated.pop())
            else:
                consolidating.consolidate_section(term_id=term_id, section_id=section_id)
        except StoreUnavailableError as error:
            _log.warning("consolidated grades not refreshed", code=error.code)
            break
    return consolidated.get_section(term_id, section_id), True, enrolled


def _outdated_students(stored: ConsolidatedSection, marks: Iterable[StaleMark], enrolled: set[str]) -> set[str]:
    marked = {mark.student_id for mark in marks if mark.student_id}
    missing = enrolled - stored.grades.keys() if stored.summary and stored.summary.evaluation_ids else set()
    rules = {term_id: _rules_in_force(term_id) for term_id in {grade.term_id for grade in stored.grades.values()}}
    by_others = {name for name, grade in stored.grades.items() if grade.rules_digest != rules[grade.term_id]}
    return marked | missing | by_others


def _student_is_outdated(
    place: Place, student_id: str, marks: Iterable[StaleMark], stored: ConsolidatedSection
) -> bool:
    own = [mark for mark in marks if (mark.term_id, mark.section_id) == place]
    return bool(own) or _rules_changed(stored) or bool(_outdated_students(stored, own, {student_id}))


def _recompute(place: Place, student_id: str, marks: Iterable[StaleMark], stored: ConsolidatedSection) -> None:
    term_id, section_id = place
    if is_outdated(stored, [mark for mark in marks if (mark.term_id, mark.section_id) == place]):
        consolidating.consolidate_section(term_id=term_id, section_id=section_id)
    else:
        consolidating.refresh_student(term_id=term_id, section_id=section_id, student_id=student_id)


def _rules_changed(stored: ConsolidatedSection) -> bool:
    return stored.summary is None or stored.summary.rules_digest != _rules_in_force(stored.summary.term_id)


def _rules_in_force(term_id: str) -> str:
    """The digest of the rules by which a grade of the term is computed now."""
    return consolidating.rules_digest(school_cache.get_scale(term_id), school_cache.get_policy(term_id))
