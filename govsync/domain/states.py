"""Which states a run and a batch may be in, and the one table of what may follow what (``docs/SYNC-STATES.md``).

Each event says from where to where it brings its run and its batch, when it happens, and what comes next: a step at
once, a step at an instant that is written down, a person's, or nothing. No state is without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class RunState(StrEnum):
    """Where a run stands. ``parked``: it waits for a person, or for a later try. The last two are ends."""

    PREPARING = "preparing"
    SENDING = "sending"
    RECONCILING = "reconciling"
    PARKED = "parked"
    RECONCILED = "reconciled"
    NEEDS_REVIEW = "needs_review"


class BatchState(StrEnum):
    """Where a batch stands.

    ``unknown``: it may have taken effect, so the government is asked before any resend. ``in_progress``: the government
    has it and has not decided. ``parked``: set apart, for a person or a later try, while the others go on. ``split``:
    the government refused it whole, and its grades are in two batches that came after it. ``skipped``: two people
    decided that it is not sent.
    """

    PREPARED = "prepared"
    SENDING = "sending"
    UNKNOWN = "unknown"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    PARKED = "parked"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    SPLIT = "split"
    SKIPPED = "skipped"


class Next(StrEnum):
    """What comes after an event: a step at once, one at the written instant, a person's decision, or nothing."""

    AT_ONCE = "at once"
    AT_INSTANT = "at its instant"
    PERSON = "a person, or the next round"
    END = "nothing"


class TransitionError(ValueError):
    """A state was to follow another that it may not follow: a bug, and nothing is written."""


@dataclass(frozen=True)
class Transition:
    """What an event does to its run, and to the batch it is about, if any. No ``from``: it is new.

    ``batch_stays``: the batch keeps its state. ``when`` is the guard in words; the code that decides is
    ``govsync.domain.outcomes`` for what an answer brings, and the services for the rest.
    """

    run_from: frozenset[RunState]
    run_to: frozenset[RunState]
    when: str
    then: Next
    batch_from: frozenset[BatchState] = frozenset()
    batch_to: BatchState | None = None
    batch_stays: bool = False

    def allows_batch(self, before: BatchState | None, after: BatchState | None) -> bool:
        """Whether it may bring a batch from ``before`` (``None``: not looked at here) into ``after``."""
        if self.batch_stays:
            return after in self.batch_from and before in {after, None}
        return after == self.batch_to and (before is None or before in self.batch_from)


_R, _B = RunState, BatchState
_ASKED: Final = (_B.UNKNOWN, _B.IN_PROGRESS)
_UNDECIDED: Final = (_B.SENDING, *_ASKED)


def _run(*from_states: RunState, to: RunState, when: str, then: Next = Next.AT_ONCE) -> Transition:
    return Transition(frozenset(from_states), frozenset({to}), when, then)


def _batch(
    *from_states: BatchState, to: BatchState, when: str, then: Next = Next.AT_ONCE, leaves: bool = False
) -> Transition:
    """An event of the batch that a run sends; after one that ``leaves`` the run may have to prepare another."""
    run_to = {_R.SENDING, _R.PREPARING} if leaves else {_R.SENDING}
    return Transition(frozenset({_R.SENDING}), frozenset(run_to), when, then, frozenset(from_states), to)


TRANSITIONS: Mapping[str, Transition] = {
    "run.started": _run(to=_R.PREPARING, when="a term was ordered to be synced"),
    "batch.prepared": Transition(
        frozenset({_R.PREPARING}),
        frozenset({_R.SENDING}),
        "grades of the cut-off are pending",
        Next.AT_ONCE,
        batch_to=_B.PREPARED,
    ),
    "batch.sending": _batch(
        _B.PREPARED, _B.WAITING, to=_B.SENDING, when="the line is open and this worker has a lane", then=Next.AT_INSTANT
    ),
    "batch.interrupted": _batch(_B.SENDING, to=_B.UNKNOWN, when="the worker that was sending is gone"),
    "batch.asking": Transition(
        frozenset({_R.SENDING}),
        frozenset({_R.SENDING}),
        "its fate is unknown or not decided, and its time has come",
        Next.AT_ONCE,
        frozenset(_ASKED),
        batch_stays=True,
    ),
    "batch.unknown": _batch(
        *_UNDECIDED, to=_B.UNKNOWN, when="nothing that is agreed on came, or nothing", then=Next.AT_INSTANT
    ),
    "batch.in_progress": _batch(
        *_UNDECIDED, to=_B.IN_PROGRESS, when="the government has it and will decide", then=Next.AT_INSTANT
    ),
    "batch.waiting": _batch(
        _B.SENDING,
        _B.UNKNOWN,
        to=_B.WAITING,
        when="it had no effect for certain: not taken, or never received",
        then=Next.AT_INSTANT,
    ),
    "batch.parked": _batch(
        *_UNDECIDED, to=_B.PARKED, when="its tries are used up, or the government contradicts itself", leaves=True
    ),
    "batch.split": _batch(_B.SENDING, to=_B.SPLIT, when="refused whole, with more than one grade"),
    "batch.acknowledged": _batch(*_UNDECIDED, to=_B.ACKNOWLEDGED, when="decided, some accepted", leaves=True),
    "batch.rejected": _batch(*_UNDECIDED, to=_B.REJECTED, when="decided, none accepted", leaves=True),
    "run.stopped": _run(
        _R.PREPARING, to=_R.NEEDS_REVIEW, when="too many grades were rejected one by one", then=Next.END
    ),
    "run.all_sent": _run(_R.PREPARING, to=_R.RECONCILING, when="nothing is left to send, and no batch is parked"),
    "run.asking": _run(_R.RECONCILING, to=_R.RECONCILING, when="the next page of the list is asked for"),
    "run.page_read": _run(_R.RECONCILING, to=_R.RECONCILING, when="a page came"),
    "run.page_failed": _run(
        _R.RECONCILING, to=_R.RECONCILING, when="no page came, and there are tries left", then=Next.AT_INSTANT
    ),
    "run.list_doubted": _run(
        _R.RECONCILING,
        to=_R.RECONCILING,
        when="the list lacks grades: it is read once more before they are sent again",
        then=Next.AT_INSTANT,
    ),
    "run.more_grades": _run(
        _R.RECONCILING, to=_R.PREPARING, when="grades of the cut-off were marked meanwhile: they are sent first"
    ),
    "run.healing": _run(
        _R.RECONCILING,
        to=_R.PREPARING,
        when="read twice, the list lacks grades it once acknowledged: they are sent again, once",
    ),
    "run.reconciled": _run(_R.RECONCILING, to=_R.RECONCILED, when="both sides agree", then=Next.END),
    "run.needs_review": _run(_R.RECONCILING, to=_R.NEEDS_REVIEW, when="both sides differ", then=Next.END),
    "run.parked": _run(
        _R.PREPARING,
        _R.RECONCILING,
        to=_R.PARKED,
        when="only parked batches are left, or the list cannot be read",
        then=Next.PERSON,
    ),
    "run.resumed": Transition(
        frozenset({_R.PARKED}),
        frozenset({_R.SENDING, _R.PREPARING}),
        "a person, or the next round: its parked batches are asked about, or its list is read anew",
        Next.AT_ONCE,
    ),
    "batch.skip_proposed": Transition(
        frozenset({_R.PARKED}),
        frozenset({_R.PARKED}),
        "a person proposes that it is not sent",
        Next.PERSON,
        frozenset({_B.PARKED}),
        batch_stays=True,
    ),
    "batch.skipped": Transition(
        frozenset({_R.PARKED}),
        frozenset({_R.PARKED}),
        "a second person agrees",
        Next.PERSON,
        frozenset({_B.PARKED}),
        _B.SKIPPED,
    ),
}

# A run that is resumed brings its parked batches back with it.
RESUMED_BATCH: Final = (_B.PARKED, _B.UNKNOWN)

RUN_TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    state: frozenset(to for step in TRANSITIONS.values() if state in step.run_from for to in step.run_to)
    for state in RunState
}
BATCH_TRANSITIONS: Mapping[BatchState, frozenset[BatchState]] = {
    state: frozenset(
        [step.batch_to for step in TRANSITIONS.values() if state in step.batch_from and step.batch_to]
        + [state for step in TRANSITIONS.values() if state in step.batch_from and step.batch_stays]
        + ([RESUMED_BATCH[1]] if state is RESUMED_BATCH[0] else [])
    )
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
    if not from_known or after not in step.run_to or not step.allows_batch(None, batch):
        raise TransitionError(f"{event}: run {before} -> {after}, batch -> {batch}")
