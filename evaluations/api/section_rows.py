"""The rows of a section's entry: each taken apart by itself, so that a bad one does not keep out the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.errors import FieldError, InvalidInputError
from edu.http.exception_handler import as_ours
from edu.http.serializers import unknown_fields, validated
from evaluations.api.score_serializers import RowInput
from evaluations.domain.evaluation import ScoreState
from evaluations.services.grading.section_entry import MAX_ROWS, Row, RowOutcome, RowResult, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_ECHO_CHARS = 64  # of an id that is none: the answer is stored as one item


class SectionRows:
    """A request's rows in their order: those that a service can take, and those that were refused on sight.

    Raises:
        InvalidInputError: there is no list of 1 to 100 rows.
    """

    def __init__(self, body: object) -> None:
        self._given = _listed(body)
        self.rows: list[Row] = []
        self._refused: dict[int, dict[str, Any]] = {}
        times = Counter(map(_student_of, self._given))
        for index, given in enumerate(self._given):
            student_id = _student_of(given)
            try:
                if student_id is not None and times[student_id] > 1:
                    raise _sent_twice()
                self.rows.append(_row(given))
            except (InvalidInputError, serializers.ValidationError) as error:
                self._refused[index] = _rejected(student_id, error)

    def render(self, results: list[RowResult]) -> dict[str, Any]:
        """The answer: a result for each row that was sent, in the order in which it was sent."""
        taken = iter(results)
        return {
            "results": [self._refused.get(index) or _result(next(taken)) for index in range(len(self._given))],
        }


def outcome_counts(data: Mapping[str, Any]) -> str:
    """How many rows of an answer came to which outcome, as its head says it (a dictionary of RFC 9651)."""
    times = Counter(result["outcome"] for result in data["results"])
    return ", ".join(f"{outcome}={times[outcome]}" for outcome in RowOutcome)


def _listed(body: object) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        message = _("Send a list of 1 to 100 rows")
        raise InvalidInputError(fields=[FieldError("rows", "length", message)])
    unknown = unknown_fields(body, {"rows": rows})
    if unknown:
        raise serializers.ValidationError(unknown)
    return rows


def _sent_twice() -> InvalidInputError:
    """The error of each row of a student who has several: which of them was meant, nobody can tell."""
    message = _("A student may have only one row")
    return InvalidInputError(fields=[FieldError("student_id", "duplicate_student", message)])


def _student_of(row: object) -> str | None:
    """Whom a row is about, as ``RowInput`` reads it, as far as it can be told."""
    student_id = row.get("student_id") if isinstance(row, dict) else None
    if isinstance(student_id, bool) or not isinstance(student_id, (str, int, float)):
        return None
    return str(student_id).strip()


def _echo(student_id: str | None) -> str | None:
    """A refused row's student as it is sent back: short, and in UTF-8."""
    return student_id if student_id is None else student_id[:_MAX_ECHO_CHARS].encode(errors="replace").decode()


def _row(given: object) -> Row:
    row = validated(RowInput, given)
    return Row(**{**row, "state": ScoreState(row["state"])})


def _rejected(student_id: str | None, raised: Exception) -> dict[str, Any]:
    error = as_ours(raised) or InvalidInputError()
    return {
        "student_id": _echo(student_id),
        "outcome": str(RowOutcome.REJECTED),
        "state": None,
        "value": None,
        "late": None,
        "comment": None,
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
        "comment": score.comment if score else None,
        "version": score.version if score else None,
    }
    return said | ({"problem": problem_of(result.error)} if result.error else {})
