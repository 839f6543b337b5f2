"""What evaluations add to the contract: the codes of their own refusals."""

from __future__ import annotations

from typing import Any

from edu.http.codes import with_codes
from evaluations import errors

OWN = (
    errors.ClosedTermError,
    errors.ReopenedTermError,
    errors.AlreadyRecordedError,
    errors.HasScoresError,
    errors.EvaluationCancelledError,
    errors.AssignmentOverError,
    errors.NotAssignedError,
    errors.StaleVersionError,
    errors.NotEnrolledError,
    errors.InvalidScoreError,
    errors.CopyTooOldError,
)


def add_codes(result: dict[str, Any], **_generation: object) -> dict[str, Any]:
    """The contract with their codes: a post-processing hook of drf-spectacular."""
    return with_codes(result, OWN)
