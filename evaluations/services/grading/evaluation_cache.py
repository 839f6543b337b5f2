"""Evaluations as this process remembers them for five minutes, for whoever writes their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import memory
from evaluations.repository import stored_evaluations

if TYPE_CHECKING:
    from evaluations.repository.stored_evaluations import StoredEvaluation


def get_stored(evaluation_id: str) -> StoredEvaluation:
    """An evaluation as whoever writes its scores needs it: where it belongs, its kind, whether it has scores.

    It may be five minutes old. Of an evaluation that has scores none of this ever changes again; of one that has none
    only the kind may, or it may be deleted, and the transaction that writes its first score requires that neither
    happened (``stored_evaluations.mark_scored``).

    Raises:
        NotFoundError: there is none of this id, or no longer.
    """
    found: StoredEvaluation = memory.remembered(
        _name(evaluation_id), lambda: stored_evaluations.get_stored(evaluation_id)
    )
    return found


def remember(stored: StoredEvaluation) -> None:
    """Keep what this process has just written of an evaluation."""
    memory.remember(_name(stored.evaluation.evaluation_id), stored)


def forget(evaluation_id: str) -> None:
    """Drop what is remembered of an evaluation: it is no longer so."""
    memory.forget(_name(evaluation_id))


def _name(evaluation_id: str) -> str:
    return f"evaluation:{evaluation_id}"
