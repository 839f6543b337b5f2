"""What a run may become, and its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.runs import new_run, parse_run_id, run_id_of
from govsync.domain.states import RUN_TRANSITIONS, RunState, TransitionError

STARTED_AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
terms = st.text("abcdr0123456789-", min_size=1, max_size=40)


@given(terms, st.integers(1, 9999))
def test_run_id_is_taken_apart_again(term_id: str, ordinal: int) -> None:
    assert parse_run_id(run_id_of(term_id, ordinal)) == (term_id, ordinal)


@pytest.mark.parametrize("term_id", ["", "a#b", "2026-Q4", "x" * 41, "2026-q4\n"])
def test_run_id_of_malformed_term_is_refused(term_id: str) -> None:
    with pytest.raises(ValueError, match="run id"):
        run_id_of(term_id, 1)


@pytest.mark.parametrize("run_id", ["", "2026-q4", "2026-q4-r0", "2026-q4-r1\n", "2026-q4-r٣", "a#b-r1"])
def test_malformed_run_id_is_refused(run_id: str) -> None:
    with pytest.raises(ValueError, match="run id"):
        parse_run_id(run_id)


@given(st.lists(st.sampled_from(RunState), max_size=30))
def test_run_takes_only_the_steps_of_the_table(wanted: list[RunState]) -> None:
    run = new_run(term_id="2026-q4", ordinal=1, started_at=STARTED_AT, started_by="somebody", shape="direct")
    for state in wanted:
        if state in RUN_TRANSITIONS[run.state]:
            moved = run.moved(state)
            assert moved.version == run.version + 1
            run = moved
        else:
            with pytest.raises(TransitionError):
                run.moved(state)


def test_every_state_leads_to_an_end() -> None:
    ends = {state for state, following in RUN_TRANSITIONS.items() if not following}
    assert ends == {RunState.RECONCILED, RunState.NEEDS_REVIEW}
    reaching = set(ends)
    for _ in RunState:
        reaching |= {state for state, following in RUN_TRANSITIONS.items() if following & reaching}
    assert reaching == set(RunState)


def test_nothing_is_certified_without_reconciling() -> None:
    assert [state for state, next_ in RUN_TRANSITIONS.items() if RunState.RECONCILED in next_] == [RunState.RECONCILING]


def test_new_run_has_48_hours() -> None:
    run = new_run(term_id="2026-q4", ordinal=2, started_at=STARTED_AT, started_by="somebody", shape="direct")
    assert (run.deadline_at - run.started_at, run.run_id, run.finished) == (timedelta(hours=48), "2026-q4-r2", False)
