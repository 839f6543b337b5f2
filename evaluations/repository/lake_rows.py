"""What an evaluation's or a score's item says for the lake alone, beside the attributes that its readers need.

The pipe to the lake (``deploy/data-plane.yaml``) picks the members by name, the same of both, so each is always there:
what a path that leads nowhere becomes is not defined. No title and no comment is among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edu.pseudonyms import pseudonym_of
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.domain.evaluation import Evaluation, Score

LAKE: Final = "lake"
_STANDING, _CANCELLED, _DELETED = "standing", "cancelled", "deleted"


def row_of_score(score: Score, *, pseudonym: str = "") -> Mapping[str, str | int]:
    """The members of a score of the school in scope; it lies in the month in which this version was recorded.

    ``pseudonym``: the student's, where it is known already.
    """
    return {
        "student_pseudonym": pseudonym or pseudonym_of(score.student_id),
        "value": score.value or "",
        "state": str(score.state),
        "late": int(score.late),
        "purpose": str(score.stated_purpose),
        "weight": "",
        "held_on": "",
        "scale_id": "",
        "recorded_at_epoch_s": int(score.recorded_at.timestamp()),
    }


def row_of_evaluation(evaluation: Evaluation, *, deleted: bool = False) -> Mapping[str, str | int]:
    """The members of an evaluation, which names no student; every version lies in the month of its creation."""
    standing = _CANCELLED if evaluation.cancelled else _STANDING
    return {
        "student_pseudonym": "",
        "value": "",
        "state": _DELETED if deleted else standing,
        "late": 0,
        "purpose": str(evaluation.stated_purpose),
        "weight": f"{evaluation.weight:f}",
        "held_on": evaluation.held_on.isoformat(),
        "scale_id": evaluation.scale_id or "",
        "recorded_at_epoch_s": int(evaluation.created_at.timestamp()),
    }


def whole_row_of_score(score: Score, pseudonym: str) -> dict[str, str | int]:
    """What the pipe makes of a score's item, but for what only the stream knows."""
    return {**_common(score), "entity": "score", **row_of_score(score, pseudonym=pseudonym)}


def whole_row_of_evaluation(evaluation: Evaluation, *, deleted: bool = False) -> dict[str, str | int]:
    """The same, of an evaluation."""
    return {**_common(evaluation), "entity": "evaluation", **row_of_evaluation(evaluation, deleted=deleted)}


def _common(record: Evaluation | Score) -> dict[str, str | int]:
    return {
        "school_id": current_school_id(),
        "evaluation_id": record.evaluation_id,
        "section_id": record.section_id,
        "course_id": record.course_id,
        "term_id": record.term_id,
        "kind": str(record.kind),
        "version": record.version,
    }
