"""Grades that the government acknowledged and does not hold: marked again, so that they are sent again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.jobs.domain import CONTINUE, StepResult
from evaluations.services import mark_pending_again
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import transitions
from govsync.services.alarms import tell_person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from govsync.domain.grades import GradeKey
    from govsync.domain.runs import SyncRun

_LOT = 90


def send_again(run: SyncRun, lost: Sequence[GradeKey], actor: str) -> StepResult:
    """Mark the grades, and let the run send what is pending once more before it compares again.

    Raises:
        RunMovedError: another worker has moved the run, and may have sent them again already; they are not marked.
    """
    mark_again(run.term_id, lost, also=partial(runs.require_unmoved, run=run))
    tell_person("government lost grades", run, grades=len(lost))
    transitions.move(
        run,
        RunState.PREPARING,
        "run.healing",
        actor=actor,
        detail=f"{len(lost)}_grades",
        healed=run.healed + len(lost),
        accepted=run.accepted - len(lost),
    )
    return CONTINUE


def mark_again(term_id: str, lost: Sequence[GradeKey], *, also: Callable[[Transaction], object] | None = None) -> None:
    """Mark grades as ones the government must receive. Idempotent; a mark that is there already stays as it is.

    ``also`` puts what has to hold into each transaction, and says what is raised when it does not.
    """
    for start in range(0, len(lost), _LOT):
        wanted = list(lost[start : start + _LOT])
        while wanted:
            transaction = Transaction()
            for key in wanted:
                mark_pending_again(transaction, term_id, key)
            if also is not None:
                also(transaction)
            try:
                transaction.commit()
            except ConditionFailedError as error:
                wanted = [key for key in wanted if key[:2] not in error.failed]
            else:
                break
