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
    RunState,
    TransitionError,
    check_transition,
)

_R, _B = RunState, BatchState


def test_what_may_follow_what_in_a_run() -> None:
    assert {
        _R.PREPARING: {_R.SENDING, _R.RECONCILING, _R.NEEDS_REVIEW},
        _R.SENDING: {_R.SENDING, _R.PREPARING},
        _R.RECONCILING: {_R.RECONCILING, _R.PREPARING, _R.RECONCILED, _R.NEEDS_REVIEW},
        _R.RECONCILED: set(),
        _R.NEEDS_REVIEW: set(),
    } == RUN_TRANSITIONS


def test_what_may_follow_what_in_a_batch() -> None:
    assert {
        _B.PREPARED: {_B.SENDING},
        _B.SENDING: {_B.ACKNOWLEDGED, _B.REJECTED, _B.SPLIT, _B.WAITING, _B.UNKNOWN},
        _B.UNKNOWN: {_B.ACKNOWLEDGED, _B.REJECTED, _B.WAITING, _B.UNKNOWN},
        _B.WAITING: {_B.SENDING},
        _B.ACKNOWLEDGED: set(),
        _B.REJECTED: set(),
        _B.SPLIT: set(),
    } == BATCH_TRANSITIONS


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
        step is not None and before in (step.run_from or {None}) and after in step.run_to and batch is step.batch_to
    )
    if allowed:
        check_transition(event, before=before, after=after, batch=batch)
    else:
        with pytest.raises(TransitionError):
            check_transition(event, before=before, after=after, batch=batch)
