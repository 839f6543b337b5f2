"""Evaluations as this process remembers them for five minutes, for whoever writes their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import memory
from evaluations.errors import EvaluationCancelledError
from evaluations.repository import stored_evaluations

if TYPE_CHECKING:
    from evaluations.repository.stored_evaluations import StoredEvaluation


def get_stored(evaluation_id: str) -> StoredEvaluation:
    """An evaluation as whoever writes its scores needs it: where it belongs, its kind, whether it has scores.

    It may be five minutes old. Of an evaluation that has scores one part of this may change: it may be cancelled or
    reinstated (``require_not_cancelled``). Of one that has none kind and purpose may, too, or it may be deleted, and
    the transaction that writes its first score requires that none of it happened (``stored_evaluations.mark_scored``).

    Raises:
        NotFoundError: there is none of this id, or no longer.
    """
    found: StoredEvaluation = memory.remembered(
        _name(evaluation_id), lambda: stored_evaluations.get_stored(evaluation_id)
    )
    return found


def require_not_cancelled(stored: StoredEvaluation) -> StoredEvaluation:
    """The evaluation, when it takes scores. One that is remembered as cancelled is read again before it is refused.

    Where another process has cancelled it since it was read, a score may still be written for as long as it is
    remembered. That is harmless: what counts and what the government is told of a score is made of the evaluation as it
    stands, by whoever computes it. To require it of the table would cost every write of a score an action more.

    Raises:
        EvaluationCancelledError: it is cancelled.
        NotFoundError: there is none any more.
    """
    if stored.evaluation.cancelled:
        stored = stored_evaluations.get_stored(stored.evaluation.evaluation_id)
        remember(stored)
        if stored.evaluation.cancelled:
            raise EvaluationCancelledError
    return stored


def remember(stored: StoredEvaluation) -> None:
    """Keep what this process has just written of an evaluation."""
    memory.remember(_name(stored.evaluation.evaluation_id), stored)


def forget(evaluation_id: str) -> None:
    """Drop what is remembered of an evaluation: it is no longer so."""
    memory.forget(_name(evaluation_id))


def _name(evaluation_id: str) -> str:
    return f"evaluation:{evaluation_id}"
