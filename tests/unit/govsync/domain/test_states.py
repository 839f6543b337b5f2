"""The one table of events, and what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.states import (
    BATCH_TRANSITIONS,
    RUN_TRANSITIONS,
    TRANSITIONS,
    BatchState,
    Next,
    RunState,
    TransitionError,
    check_transition,
)

_R, _B = RunState, BatchState


def test_what_may_follow_what_in_a_run() -> None:
    assert {
        _R.PREPARING: {_R.SENDING, _R.RECONCILING, _R.PARKED, _R.NEEDS_REVIEW},
        _R.SENDING: {_R.SENDING, _R.PREPARING},
        _R.RECONCILING: {_R.RECONCILING, _R.PREPARING, _R.PARKED, _R.RECONCILED, _R.NEEDS_REVIEW},
        _R.PARKED: {_R.PARKED, _R.SENDING, _R.PREPARING},
        _R.RECONCILED: set(),
        _R.NEEDS_REVIEW: set(),
    } == RUN_TRANSITIONS


def test_what_may_follow_what_in_a_batch() -> None:
    decided = {_B.ACKNOWLEDGED, _B.REJECTED, _B.WAITING, _B.UNKNOWN, _B.IN_PROGRESS, _B.PARKED}
    assert {
        _B.PREPARED: {_B.SENDING},
        _B.SENDING: {*decided, _B.SPLIT},
        _B.UNKNOWN: decided,
        _B.IN_PROGRESS: decided - {_B.WAITING},
        _B.WAITING: {_B.SENDING},
        _B.PARKED: {_B.PARKED, _B.UNKNOWN, _B.SKIPPED},
        _B.ACKNOWLEDGED: set(),
        _B.REJECTED: set(),
        _B.SPLIT: set(),
        _B.SKIPPED: set(),
    } == BATCH_TRANSITIONS


def test_a_batch_is_sent_only_when_it_is_known_to_have_had_no_effect() -> None:
    assert TRANSITIONS["batch.sending"].batch_from == {_B.PREPARED, _B.WAITING}


def test_every_state_that_is_no_end_has_a_way_on_and_every_event_says_what_comes_next() -> None:
    for state, following in RUN_TRANSITIONS.items():
        assert bool(following) is (state not in {_R.RECONCILED, _R.NEEDS_REVIEW})
    for step in TRANSITIONS.values():
        assert (step.then is Next.END) is (step.run_to <= {_R.RECONCILED, _R.NEEDS_REVIEW})
        assert step.when


@given(
    st.sampled_from([*TRANSITIONS, "run.other"]),
    st.sampled_from([None, *RunState]),
    st.sampled_from(RunState),
    st.sampled_from([None, *BatchState]),
)
def test_event_is_refused_unless_the_table_has_it(
    event: str, before: RunState | None, after: RunState, batch: BatchState | None
) -> None:
    step = TRANSITIONS.get(event)
    allowed = (
        step is not None
        and before in (step.run_from or {None})
        and after in step.run_to
        and (batch in step.batch_from if step.batch_stays else batch is step.batch_to)
    )
    if allowed:
        check_transition(event, before=before, after=after, batch=batch)
    else:
        with pytest.raises(TransitionError):
            check_transition(event, before=before, after=after, batch=batch)
