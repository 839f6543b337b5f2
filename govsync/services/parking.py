"""Runs that cannot go on by themselves now: set apart with a reason that a person sees, and taken up again.

A parked run is taken up by itself after a minute, ten minutes and then each hour, because a government that was out of
order may be well again while nobody looks; what contradicts itself waits for a person alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, StepResult, wait_until
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import transitions
from govsync.services.alarms import tell_person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edu.dynamo.transactions import Transaction
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun

# Batches taken up in one transaction, beside the run and its history entry.
MOST_TAKEN_UP = 50


def park(run: SyncRun, batches: Sequence[Batch], actor: str, *, reason: str = "") -> StepResult:
    """Set the run apart: for its parked ``batches``, or for a ``reason`` of its own. Alarms."""
    reason = reason or batches[0].reason
    only_persons = bool(batches) and all(batch.is_persons for batch in batches)
    retry_at = None if only_persons else run.next_round_at(clock.now())
    transitions.move(run, RunState.PARKED, "run.parked", actor=actor, detail=reason, reason=reason, retry_at=retry_at)
    tell_person("sync parked", run, reason=reason, batches=len(batches), round=run.rounds)
    return wait_until(retry_at or run.next_round_at(clock.now()))


def take_up(run: SyncRun, actor: str) -> StepResult:
    """The parked run's next round, when its time has come."""
    now = clock.now()
    if run.retry_at is None or run.retry_at > now:
        return wait_until(run.retry_at or run.next_round_at(now))
    return resume(run, actor=actor, by_person=False)


def resume(
    run: SyncRun,
    *,
    actor: str,
    by_person: bool,
    detail: str = "",
    also: Callable[[Transaction], object] | None = None,
) -> StepResult:
    """Take a parked run up again: its batches are asked about first, and its list is read from the beginning.

    A batch that the government has contradicted itself about stays parked unless a person takes it up.

    Raises:
        RunMovedError: somebody else moved the run first.
        TransitionError: it is not parked.
    """
    parked = runs.get_batches(run.run_id, run.parked_batches)
    taken = [batch for batch in parked if by_person or not batch.is_persons][:MOST_TAKEN_UP]
    numbers = tuple(batch.number for batch in taken)
    transitions.move(
        run,
        RunState.SENDING if taken else RunState.PREPARING,
        "run.resumed",
        actor=actor,
        added=[batch.resumed() for batch in taken],
        detail=detail,
        also=also,
        open_batches=numbers,
        parked_batches=tuple(number for number in run.parked_batches if number not in numbers),
        rounds=run.rounds + 1,
        attempt=0,
        retry_at=None,
        reason="",
    )
    return CONTINUE
