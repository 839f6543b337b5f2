"""Evaluations and scores as rows of OneRoster's grade book, and of the Parquet files, which say everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edu.dynamo.mapping import instant_text
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.scales import ScaleKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analytics.exports.rosters import Row
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.school import Enrolment, School

_NAMES: Final = {
    EvaluationKind.EXAM: "Prueba",
    EvaluationKind.QUIZ: "Control",
    EvaluationKind.HOMEWORK: "Tarea",
    EvaluationKind.PROJECT: "Proyecto",
    EvaluationKind.ORAL: "Oral",
    EvaluationKind.PARTICIPATION: "Participación",
}
_STATUS: Final[Mapping[ScoreState, str]] = {
    ScoreState.RECORDED: "fully graded",
    ScoreState.ABSENT: "not submitted",
    ScoreState.EXEMPT: "exempt",
    ScoreState.MISSING: "not submitted",
}
"""A voided score is none, and has no row."""


def category_rows(school: School) -> Iterator[Row]:
    """The kinds of evaluations, with what each counts by the school's own policy, where that says so."""
    weights = {one.kind: one.weight for one in (school.policy.categories if school.policy else ())}
    for kind in sorted(EvaluationKind):
        weight = weights.get(kind)
        yield {"sourcedId": str(kind), "title": _NAMES[kind], "weight": "" if weight is None else f"{weight:f}"}


def line_item_row(school: School, evaluation: Evaluation) -> Row:
    """An evaluation. What it counts beside others of its kind has no place in the standard."""
    scale = school.scale_in(evaluation.term_id)
    bounds = {}
    if scale.kind is ScaleKind.NUMERIC:
        bounds = {"resultValueMin": f"{scale.minimum:f}", "resultValueMax": f"{scale.maximum:f}"}
    day = evaluation.held_on.isoformat()
    return {
        "sourcedId": evaluation.evaluation_id,
        "title": evaluation.title,
        "assignDate": day,
        "dueDate": day,
        "classSourcedId": evaluation.section_id,
        "categorySourcedId": str(evaluation.kind),
        "gradingPeriodSourcedId": evaluation.term_id,
        "schoolSourcedId": school.school_id,
        **bounds,
    }


def result_row(school: School, score: Score) -> Row | None:
    """A student's result; ``None`` for a score that was voided."""
    if score.state is ScoreState.VOID:
        return None
    is_number = school.scale_in(score.term_id).kind is ScaleKind.NUMERIC
    return {
        "sourcedId": f"{score.evaluation_id}.{score.student_id}",
        "lineItemSourcedId": score.evaluation_id,
        "studentSourcedId": score.student_id,
        "scoreStatus": _STATUS[score.state],
        "score" if is_number else "textScore": score.value or "",
        "scoreDate": score.recorded_at.date().isoformat(),
        "comment": score.comment or "",
        "classSourcedId": score.section_id,
        "inProgress": "false",
        "incomplete": "false",
        "late": "true" if score.late else "false",
        "missing": "true" if score.state is ScoreState.MISSING else "false",
    }


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as a row of its Parquet file."""
    return {
        **{name: getattr(evaluation, name) for name in ("evaluation_id", "section_id", "course_id", "term_id")},
        "kind": str(evaluation.kind),
        "purpose": str(evaluation.stated_purpose),
        "title": evaluation.title,
        "weight": f"{evaluation.weight:f}",
        "held_on": evaluation.held_on.isoformat(),
        "scale_id": evaluation.scale_id,
        "cancelled": int(evaluation.cancelled),
        "version": evaluation.version,
        "created_by": evaluation.created_by,
        "created_at": instant_text(evaluation.created_at),
    }


def score_record(score: Score) -> dict[str, Any]:
    """A score as a row of its Parquet file."""
    return {
        **{name: getattr(score, name) for name in ("evaluation_id", "student_id", "section_id", "course_id")},
        "term_id": score.term_id,
        "kind": str(score.kind),
        "purpose": str(score.stated_purpose),
        "state": str(score.state),
        "value": score.value,
        "late": int(score.late),
        "comment": score.comment,
        "version": score.version,
        "recorded_by": score.recorded_by,
        "recorded_at": instant_text(score.recorded_at),
    }


def enrolment_record(enrolment: Enrolment, *, standing: bool) -> dict[str, Any]:
    """A place in a section as a row of its Parquet file."""
    return {
        "section_id": enrolment.section_id,
        "student_id": enrolment.student_id,
        "starts_on": enrolment.starts_on.isoformat() if enrolment.starts_on else None,
        "ends_on": enrolment.ends_on.isoformat() if enrolment.ends_on else None,
        "standing": int(standing),
    }
