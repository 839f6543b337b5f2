"""What evaluations hold of a student, for an erasure, and what keeps it from being erased yet.

Scores stay, for what counts them and for what the government was told, without anything that leads to a person; the
roster's record and places go, and so do imports' plans as far as they speak of the student (ADR 0036).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.erasure.parts import Obstacle, Part, register_check, register_part
from evaluations.repository import erasing, roster, roster_imports, school_profile, stored_scores
from evaluations.services.government import GradeAtVersion, list_pending_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_MARKS = 1_000_000  # more than a school has scores in a term


def list_told_terms(student_id: str) -> set[str]:
    """The terms in which the student has scores that the government is told of. Eventually consistent."""
    return {item["term_id"] for item in erasing.list_linked(student_id) if stored_scores.stored_of(item).score.is_told}


def find_obstacles(student_id: str) -> Iterator[Obstacle]:
    """Grades that the government has yet to be told, and an import that is writing.

    Raises:
        NotFoundError: the school has no such student.
    """
    roster.get_student(student_id)
    for term in school_profile.get_school().terms:
        if any(student_id == student for _evaluation, student, _version in _pending(term.term_id)):
            yield Obstacle("grades_not_told", term.term_id)
    if running := roster_imports.get_head().running:
        yield Obstacle("import_running", running)


def count_scores(student_id: str) -> int:
    """How many scores there are."""
    return len(erasing.list_linked(student_id))


def erase_from_plans(student_id: str) -> int:
    """Take the student out of imports' plans: undoing one brings back nothing of them. Idempotent."""
    found = list(erasing.find_plans(student_id))
    for import_id, number, others in found:
        roster_imports.replace_chunk(import_id, number, others)
    return len(found)


def count_plans(student_id: str) -> int:
    """How many parts of plans speak of the student."""
    return sum(1 for _ in erasing.find_plans(student_id))


def count_person(student_id: str) -> int:
    """How many records the roster has of the student."""
    return len(erasing.list_person(student_id))


def _pending(term_id: str) -> list[GradeAtVersion]:
    return list_pending_marks(term_id=term_id, limit=_MOST_MARKS)


def register() -> None:
    """Tell it, once, as the app is loaded."""
    register_check("grades", find_obstacles)
    register_part(Part("30-scores", erasing.unlink_scores, count_scores))
    register_part(Part("40-imports", erase_from_plans, count_plans))
    register_part(Part("50-person", erasing.delete_person, count_person))
    register_part(Part("91-late-scores", erasing.unlink_scores, count_scores, late=True))
