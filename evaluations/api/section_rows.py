"""The rows of a section's entry: each taken apart by itself, so that a bad one does not sink the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.errors import FieldError, InvalidInputError
from edu.http.problems import as_ours
from evaluations.api.score_serializers import RowInput
from evaluations.domain.evaluation import ScoreState
from evaluations.services.section_entry import MAX_ROWS, Outcome, Row, RowResult, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class SectionRows:
    """A request's rows in their order: those that a service can take, and those that were refused on sight.

    Raises:
        InvalidInputError: there is no list of 1 to 100 rows, or a student has two.
    """

    def __init__(self, body: object) -> None:
        self._given = _listed(body)
        self.rows: list[Row] = []
        self._refused: dict[int, dict[str, Any]] = {}
        for index, given in enumerate(self._given):
            try:
                self.rows.append(_row(given))
            except serializers.ValidationError as error:
                self._refused[index] = _rejected(given, error)
        students = [row.student_id for row in self.rows] + [row["student_id"] for row in self._refused.values()]
        _require_once_each(student for student in students if student is not None)

    def render(self, results: list[RowResult]) -> dict[str, Any]:
        """The answer: a result for each row that was sent, in the order in which it was sent."""
        taken = iter(results)
        return {
            "results": [self._refused.get(index) or _result(next(taken)) for index in range(len(self._given))],
        }


def _listed(body: object) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        message = _("Send a list of 1 to 100 rows")
        raise InvalidInputError(fields=[FieldError("rows", "length", message)])
    return rows


def _require_once_each(students: Iterable[str]) -> None:
    if any(times > 1 for times in Counter(students).values()):
        message = _("A student may have only one row")
        raise InvalidInputError(fields=[FieldError("rows", "duplicate_student", message)])


def _student_of(row: object) -> str | None:
    """Whom a refused row is about, as far as it can be told and sent back."""
    student_id = row.get("student_id") if isinstance(row, dict) else None
    return student_id.strip().encode(errors="replace").decode() if isinstance(student_id, str) else None


def _row(given: object) -> Row:
    serializer = RowInput(data=given)
    serializer.is_valid(raise_exception=True)
    return Row(**{**serializer.validated_data, "state": ScoreState(serializer.validated_data["state"])})


def _rejected(given: object, raised: serializers.ValidationError) -> dict[str, Any]:
    error = as_ours(raised) or InvalidInputError()
    return {
        "student_id": _student_of(given),
        "outcome": str(Outcome.REJECTED),
        "state": None,
        "value": None,
        "late": None,
        "version": None,
        "problem": problem_of(error),
    }


def _result(result: RowResult) -> dict[str, Any]:
    score = result.score
    said: dict[str, Any] = {
        "student_id": result.student_id,
        "outcome": str(result.outcome),
        "state": str(score.state) if score else None,
        "value": score.value if score else None,
        "late": score.late if score else None,
        "version": score.version if score else None,
    }
    return said | ({"problem": problem_of(result.error)} if result.error else {})
