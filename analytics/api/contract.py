"""What analytics add to the contract: the codes of their own refusals."""

from __future__ import annotations

from typing import Any

from analytics import errors
from analytics.queries.sql import UnboundTextError
from edu.aws.task_messages import TaskNotSentError
from edu.http.codes import with_codes

OWN = (
    errors.AthenaBusyError,
    errors.ExportNotFoundError,
    errors.ExportNotReadyError,
    errors.ExportRunningError,
    errors.InvalidQuestionError,
    errors.LakeChangingError,
    errors.LakeTooScatteredError,
    errors.QueryTimedOutError,
    errors.QueryTooLargeError,
    errors.TooManyRowsError,
    TaskNotSentError,
    UnboundTextError,
)


def add_codes(result: dict[str, Any], **_generation: object) -> dict[str, Any]:
    """The contract with their codes: a post-processing hook of drf-spectacular."""
    return with_codes(result, OWN)
