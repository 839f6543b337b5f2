"""What an answer makes of a batch: never a second sending on doubt, and never a wait without an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.answers import (
    BatchAnswer,
    ContractBroken,
    CredentialsRefused,
    Decided,
    InProgress,
    NeverReceived,
    NotTaken,
    Refused,
    Unknown,
)
from govsync.domain.batches import CONTRADICTED, SETTLES_AFTER, Batch, prepare_batch
from govsync.domain.grades import SubmittedGrade
from govsync.domain.outcomes import DECIDES_WITHIN, outcome_of
from govsync.domain.states import BatchState

PLACE = {"school_id": "escuela-a", "term_id": "2026-q4", "run_id": "2026-q4-r1"}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
LONG_AFTER = NOW + timedelta(hours=1)
GRADES = tuple(SubmittedGrade(f"e{number}", "s", 1, "c", "absent") for number in range(3))
SENDING = prepare_batch(1, GRADES, **PLACE).sending(NOW)
UNKNOWN = SENDING.moved(BatchState.UNKNOWN)
EVERY_DOUBT = (Unknown("http_500"), ContractBroken("malformed"), CredentialsRefused("http_401"), InProgress("/b/1"))

reasons = st.sampled_from(["http_503", "timeout"])
asked = st.floats(0, 3600)
answers = st.one_of(
    st.builds(Refused, reasons),
    st.builds(NotTaken, reasons, asked, st.booleans()),
    st.builds(InProgress, st.sampled_from(["", "/b/1"]), asked),
    st.builds(Unknown, reasons, asked, st.booleans()),
    st.just(NeverReceived()),
    st.builds(ContractBroken, reasons),
    st.builds(CredentialsRefused, reasons),
)


def decided(*rejected: int) -> Decided:
    keys = [grade.key for grade in GRADES]
    refused = {keys[position]: "unknown_student" for position in rejected}
    return Decided(frozenset(key for key in keys if key not in refused), refused)


@pytest.mark.parametrize("batch", [SENDING, UNKNOWN, UNKNOWN.moved(BatchState.IN_PROGRESS)])
def test_a_decision_ends_a_batch_wherever_it_stands(batch: Batch) -> None:
    accepted = outcome_of(batch, decided(), NOW).batch
    assert (accepted.state, accepted.accepted, accepted.rejected) == (BatchState.ACKNOWLEDGED, 3, 0)
    some = outcome_of(batch, decided(1), NOW)
    assert (some.batch.state, some.batch.accepted, dict(some.rejected)) == (
        BatchState.ACKNOWLEDGED,
        2,
        {("e1", "s", 1): "unknown_student"},
    )
    assert outcome_of(batch, decided(0, 1, 2), NOW).batch.state is BatchState.REJECTED


def test_a_batch_refused_whole_is_split_and_one_grade_rejected() -> None:
    assert outcome_of(SENDING, Refused("http_422"), NOW).batch.state is BatchState.SPLIT
    single = prepare_batch(1, GRADES[:1], **PLACE).sending(NOW)
    outcome = outcome_of(single, Refused("http_422"), NOW)
    assert (outcome.batch.state, dict(outcome.rejected)) == (BatchState.REJECTED, {("e0", "s", 1): "http_422"})


def test_a_refusal_of_the_question_decides_nothing() -> None:
    assert outcome_of(UNKNOWN, Refused("http_422"), NOW).batch.state is BatchState.UNKNOWN


@pytest.mark.parametrize("answer", EVERY_DOUBT)
@pytest.mark.parametrize("batch", [SENDING, UNKNOWN])
def test_doubt_is_asked_about_and_never_sent_again(batch: Batch, answer: BatchAnswer) -> None:
    assert outcome_of(batch, answer, NOW).batch.state in {BatchState.UNKNOWN, BatchState.IN_PROGRESS}


def test_a_question_that_never_left_us_says_nothing_about_the_batch() -> None:
    assert outcome_of(UNKNOWN, NotTaken("connect"), NOW).batch.state is BatchState.UNKNOWN
    assert outcome_of(SENDING, NotTaken("connect"), NOW).batch.state is BatchState.WAITING


def test_never_received_counts_only_when_nothing_can_arrive_any_more() -> None:
    early = outcome_of(UNKNOWN, NeverReceived(), NOW).batch
    assert (early.state, early.retry_at, early.attempt) == (BatchState.UNKNOWN, NOW + SETTLES_AFTER, 0)
    assert outcome_of(UNKNOWN, NeverReceived(), LONG_AFTER).batch.state is BatchState.WAITING


def test_never_received_after_in_progress_is_a_contradiction_that_only_a_person_ends() -> None:
    seen = outcome_of(SENDING, InProgress("/b/1"), NOW).batch
    unknown = outcome_of(seen, Unknown("timeout"), NOW).batch
    for batch in (seen, unknown):
        parked = outcome_of(batch, NeverReceived(), LONG_AFTER).batch
        assert (parked.state, parked.reason, parked.is_persons) == (BatchState.PARKED, CONTRADICTED, True)
    assert outcome_of(parked.resumed(), NeverReceived(), LONG_AFTER).batch.state is BatchState.PARKED
    assert outcome_of(parked.resumed(forget=True), NeverReceived(), LONG_AFTER).batch.state is BatchState.WAITING


def test_parked_batch_is_asked_about_by_its_own_id() -> None:
    """The receipt may have been another's, and would then be asked for in vain for ever."""
    batch = outcome_of(SENDING, InProgress("/decisions/another"), NOW).batch
    for _time in range(4):
        batch = outcome_of(batch, ContractBroken("answers_another_question"), NOW).batch
    assert (batch.state, batch.resumed().receipt) == (BatchState.PARKED, "")


def test_waits_are_5_15_and_45_seconds_and_then_it_is_parked() -> None:
    batch, waits = SENDING, []
    for _time in range(3):
        batch = outcome_of(batch, Unknown("http_500"), NOW).batch
        assert batch.retry_at is not None
        waits.append((batch.retry_at - NOW).total_seconds())
    assert waits == [5, 15, 45]
    parked = outcome_of(batch, Unknown("http_500"), NOW).batch
    assert (parked.state, parked.reason, parked.is_persons) == (BatchState.PARKED, "http_500", False)


def test_a_longer_wait_that_was_asked_for_is_kept() -> None:
    batch = outcome_of(SENDING, NotTaken("http_429", 60.0), NOW).batch
    assert batch.retry_at == NOW + timedelta(seconds=60)


def test_in_progress_has_its_time_and_uses_up_no_try() -> None:
    batch, now = outcome_of(SENDING, InProgress("/b/1"), NOW).batch, NOW
    for _time in range(12):
        assert batch.retry_at is not None
        now = batch.retry_at
        batch = outcome_of(batch, InProgress(""), now).batch
    assert (batch.state, batch.attempt, batch.receipt) == (BatchState.IN_PROGRESS, 0, "/b/1")
    late = outcome_of(batch, InProgress("/b/1"), NOW + DECIDES_WITHIN + timedelta(seconds=1)).batch
    assert (late.state, late.reason) == (BatchState.PARKED, "never_decided")


def test_a_refused_key_uses_up_no_try() -> None:
    batch = replace(UNKNOWN, attempt=3)
    assert outcome_of(batch, CredentialsRefused("http_401"), NOW).batch.attempt == 3


@given(st.lists(answers, max_size=60))
def test_whatever_comes_a_batch_comes_to_rest_and_is_sent_only_without_doubt(found: list[BatchAnswer]) -> None:
    """As a worker takes it: sent when it may be, asked otherwise, each time when its instant has come."""
    batch, now, is_asked_in_vain = SENDING, NOW, 0
    for answer in found:
        before = batch
        outcome = outcome_of(batch, answer, now)
        batch = outcome.batch
        if batch.closed or batch.state is BatchState.PARKED:
            return
        assert batch.retry_at is not None
        assert batch.retry_at - now <= timedelta(hours=1)
        if batch.state is BatchState.WAITING:
            assert isinstance(answer, NeverReceived) or before.state is BatchState.SENDING
            assert isinstance(answer, NeverReceived | NotTaken)
            now = batch.retry_at
            batch = batch.sending(now)
        counts = isinstance(answer, Unknown | NotTaken | ContractBroken | Refused)
        is_asked_in_vain = is_asked_in_vain + 1 if counts else 0 if isinstance(answer, InProgress) else is_asked_in_vain
        assert is_asked_in_vain <= 3
        now = max(now, batch.retry_at or now)
