"""Which states a run and a batch may be in, and the one table of what may follow what: each event with its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RunState(StrEnum):
    """Where a run stands. The last two are ends."""

    PREPARING = "preparing"
    SENDING = "sending"
    RECONCILING = "reconciling"
    RECONCILED = "reconciled"
    NEEDS_REVIEW = "needs_review"


class BatchState(StrEnum):
    """Where a batch stands.

    ``unknown``: it may have taken effect, so the government is asked before any resend. ``split``: the government
    refused it whole, and its grades are in two batches that came after it.
    """

    PREPARED = "prepared"
    SENDING = "sending"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    SPLIT = "split"


class TransitionError(ValueError):
    """A state was to follow another that it may not follow: a bug, and nothing is written."""


@dataclass(frozen=True)
class Transition:
    """What an event does to its run, and to the batch it is about, if any. No ``from``: it is new."""

    run_from: frozenset[RunState]
    run_to: frozenset[RunState]
    batch_from: frozenset[BatchState] = frozenset()
    batch_to: BatchState | None = None


def _run(*from_states: RunState, to: RunState) -> Transition:
    return Transition(frozenset(from_states), frozenset({to}))


def _batch(*from_states: BatchState, to: BatchState, is_last: bool = False) -> Transition:
    """An event of the batch that a run is sending; after the last one of it the run prepares the next."""
    run_to = {_R.SENDING, _R.PREPARING} if is_last else {_R.SENDING}
    return Transition(frozenset({_R.SENDING}), frozenset(run_to), frozenset(from_states), to)


_R, _B = RunState, BatchState
TRANSITIONS: Mapping[str, Transition] = {
    "run.started": _run(to=_R.PREPARING),
    "batch.prepared": Transition(frozenset({_R.PREPARING}), frozenset({_R.SENDING}), batch_to=_B.PREPARED),
    "batch.sending": _batch(_B.PREPARED, _B.WAITING, to=_B.SENDING),
    # the worker that was sending is gone, its claim has run out: whether the government got the batch is unknown
    "batch.interrupted": _batch(_B.SENDING, to=_B.UNKNOWN),
    "batch.unknown": _batch(_B.SENDING, _B.UNKNOWN, to=_B.UNKNOWN),
    "batch.waiting": _batch(_B.SENDING, _B.UNKNOWN, to=_B.WAITING),
    "batch.split": _batch(_B.SENDING, to=_B.SPLIT),
    "batch.acknowledged": _batch(_B.SENDING, _B.UNKNOWN, to=_B.ACKNOWLEDGED, is_last=True),
    "batch.rejected": _batch(_B.SENDING, _B.UNKNOWN, to=_B.REJECTED, is_last=True),
    "run.stopped": _run(_R.PREPARING, to=_R.NEEDS_REVIEW),
    "run.all_sent": _run(_R.PREPARING, to=_R.RECONCILING),
    "run.page_read": _run(_R.RECONCILING, to=_R.RECONCILING),
    "run.page_failed": _run(_R.RECONCILING, to=_R.RECONCILING),
    # grades that came in meanwhile are sent before anything is certified
    "run.more_grades": _run(_R.RECONCILING, to=_R.PREPARING),
    "run.reconciled": _run(_R.RECONCILING, to=_R.RECONCILED),
    "run.needs_review": _run(_R.RECONCILING, to=_R.NEEDS_REVIEW),
}

RUN_TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    state: frozenset(to for step in TRANSITIONS.values() if state in step.run_from for to in step.run_to)
    for state in RunState
}
BATCH_TRANSITIONS: Mapping[BatchState, frozenset[BatchState]] = {
    state: frozenset(step.batch_to for step in TRANSITIONS.values() if state in step.batch_from and step.batch_to)
    for state in BatchState
}


def check_transition(event: str, *, before: RunState | None, after: RunState, batch: BatchState | None) -> None:
    """Check an event against the table: the run's states, and the state that the event leaves its batch in.

    Raises:
        TransitionError: the table has no such event, or another step for it.
    """
    step = TRANSITIONS.get(event)
    if step is None:
        raise TransitionError(f"no event {event}")
    from_known = before in step.run_from if before else not step.run_from
    if not from_known or after not in step.run_to or batch != step.batch_to:
        raise TransitionError(f"{event}: run {before} -> {after}, batch -> {batch}")
