"""An evaluation's scores with the students' names, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluations.domain.evaluation import Score
from evaluations.domain.school import Student
from evaluations.repository import roster
from evaluations.services.grading import reading

if TYPE_CHECKING:
    from edu.identity.principal import Principal


@dataclass(frozen=True)
class SheetLine:
    """One student's score; ``student`` is ``None`` when the student's record is gone."""

    score: Score
    student: Student | None


def get_score_sheet(*, actor: Principal, evaluation_id: str) -> list[SheetLine]:
    """An evaluation's scores by family name: one query for the scores, one batch read for the names.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: a teacher of another section asks.
    """
    scores = reading.list_scores(actor=actor, evaluation_id=evaluation_id)
    students = {found.student_id: found for found in roster.get_students(score.student_id for score in scores)}
    return sorted((SheetLine(score, students.get(score.student_id)) for score in scores), key=_order)


def _order(line: SheetLine) -> tuple[str, str]:
    name = roster.folded(f"{line.student.family_name} {line.student.given_name}") if line.student else ""
    return name, line.score.student_id
