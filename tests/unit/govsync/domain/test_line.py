"""The line's state: what an answer makes of it, and what a person is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.answers import (
    ContractBroken,
    CredentialsRefused,
    Decided,
    HeldPage,
    InProgress,
    NeverReceived,
    NotTaken,
    Refused,
    Unknown,
)
from govsync.domain.line import FIRST_PROBE_S, KEY_PROBE_S, LONGEST_PAUSE_S, LONGEST_PROBE_S, LineState, Upstream

if TYPE_CHECKING:
    from govsync.domain.answers import BatchAnswer, PageAnswer

    Answer = BatchAnswer | PageAnswer

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
DOWN, SLOW = NotTaken("http_503"), Unknown("timeout")
ANSWERS = [
    Decided(frozenset(), {}),
    Refused("malformed"),
    NotTaken("not_looked_at", is_upstream=False),
    InProgress("receipt"),
    Unknown("odd", is_upstream=False),
    NeverReceived(),
    HeldPage((), None),
    ContractBroken("no_json"),
]


def after(*answers: Answer, line: Upstream | None = None, at: datetime = NOW, is_probe: bool = False) -> Upstream:
    line = line or Upstream()
    for answer in answers:
        line = line.after(answer, school_id="norte", now=at, is_probe=is_probe)
    return line


def wait_s(line: Upstream, at: datetime = NOW) -> float:
    assert line.until is not None
    assert line.until - at == timedelta(seconds=line.wait_s)
    return line.wait_s


def test_three_failures_in_a_row_break_the_line() -> None:
    assert after(DOWN, SLOW).is_open(NOW)
    broken = after(DOWN, SLOW, DOWN)
    assert (broken.state, broken.since, broken.cause, broken.school_id) == (LineState.BROKEN, NOW, "http_503", "norte")
    assert not broken.is_open(NOW + timedelta(days=1))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_any_answer_ends_the_row_and_opens_a_broken_line(answer: Answer) -> None:
    assert after(DOWN, DOWN, answer, DOWN, DOWN).is_open(NOW)
    assert after(answer, line=after(DOWN, DOWN, DOWN)).state is LineState.OPEN
    untouched = Upstream()
    assert after(answer, line=untouched) is untouched


def test_wait_for_the_next_question_doubles_up_to_five_minutes() -> None:
    line, waits = after(DOWN, DOWN, DOWN), []
    for _ in range(7):
        waits.append(wait_s(line))
        line = after(DOWN, line=line, is_probe=True)
    assert waits == [FIRST_PROBE_S, 30, 60, 120, 240, LONGEST_PROBE_S, LONGEST_PROBE_S]
    assert line.since == NOW


def test_request_that_was_under_way_when_the_line_broke_lengthens_nothing() -> None:
    broken = after(DOWN, DOWN, DOWN)
    assert after(SLOW, DOWN, line=broken) is broken


def test_one_worker_asks_and_nobody_else_does_as_long_as_it_may_take() -> None:
    broken = after(DOWN, DOWN, DOWN)
    assert not broken.is_probe_due(NOW)
    due = NOW + timedelta(seconds=FIRST_PROBE_S)
    assert broken.is_probe_due(due)
    asked = broken.probed(due)
    assert not asked.is_probe_due(due + timedelta(seconds=29))
    assert asked.is_probe_due(due + timedelta(seconds=30))
    assert (asked.state, asked.since, asked.cause) == (LineState.BROKEN, NOW, "http_503")


def test_refused_key_stops_the_line_and_is_tried_once_a_minute() -> None:
    line = after(CredentialsRefused("unauthorised"))
    assert (line.state, line.cause, wait_s(line)) == (LineState.REFUSED, "unauthorised", KEY_PROBE_S)
    later = NOW + timedelta(minutes=1)
    again = after(CredentialsRefused("unauthorised"), line=line, at=later, is_probe=True)
    assert (again.since, wait_s(again, later)) == (NOW, KEY_PROBE_S)
    silent = after(DOWN, line=line, at=later, is_probe=True)
    assert (silent.state, wait_s(silent, later)) == (LineState.REFUSED, KEY_PROBE_S)
    assert after(HeldPage((), None), line=again, at=later, is_probe=True).state is LineState.OPEN


def test_retry_after_is_a_pause_of_an_hour_at_most_that_ends_by_itself() -> None:
    line = after(NotTaken("http_429", asked_s=1e9))
    assert (line.state, line.cause, line.school_id, wait_s(line)) == (
        *(LineState.PAUSED, "http_429", "norte"),
        LONGEST_PAUSE_S,
    )
    assert not line.is_open(NOW + timedelta(minutes=59))
    assert line.is_open(NOW + timedelta(hours=1))


def test_longer_pause_that_stands_stays() -> None:
    line = after(NotTaken("http_429", asked_s=60), Unknown("http_504", asked_s=5))
    assert (line.cause, wait_s(line), line.failures) == ("http_429", 60, 2)
    longer = after(NotTaken("http_503", asked_s=90), line=line)
    assert longer.state is LineState.BROKEN, "the third in a row"
    assert wait_s(longer) == 90


def test_answer_does_not_end_a_pause_and_a_pause_that_is_over_is_forgotten_at_the_next() -> None:
    line = after(NotTaken("http_429", asked_s=60), HeldPage((), None))
    assert (line.state, line.failures) == (LineState.PAUSED, 0)
    later = NOW + timedelta(seconds=60)
    assert after(HeldPage((), None), line=line, at=later).state is LineState.OPEN
    failed = after(DOWN, line=line, at=later)
    assert (failed.state, failed.failures) == (LineState.OPEN, 1)


def test_person_is_told_once_of_each_state_that_is_entered() -> None:
    key = CredentialsRefused("unauthorised")
    line, told = Upstream(), []
    for answer in (DOWN, DOWN, DOWN, HeldPage((), None), key, key, DOWN, HeldPage((), None), key):
        before, line = line, after(answer, line=line, is_probe=True)
        told.append(line.alarm_after(before))
    assert [metric for metric in told if metric] == [
        "SyncLineBroken",
        "SyncCredentialsRefused",
        "SyncCredentialsRefused",
    ]


@pytest.mark.parametrize(("asked", "metrics"), [([600], 0), ([601], 1), ([60, 601], 1), ([601, 1200], 1)])
def test_person_is_told_of_a_pause_beyond_ten_minutes(asked: list[float], metrics: int) -> None:
    line, told = Upstream(), []
    for seconds in asked:
        before, line = line, after(NotTaken("http_429", asked_s=seconds), line=line)
        told.append(line.alarm_after(before))
    assert told.count("SyncLongPause") == metrics


@given(st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=2)))
def test_no_reader_waits_longer_than_was_meant_wherever_its_clock_is(apart: timedelta) -> None:
    line = after(NotTaken("http_429", asked_s=60))
    seen_at = NOW + apart
    seen = line.as_seen(seen_at)
    assert seen.until is not None
    assert seen.until - seen_at <= timedelta(seconds=60)
    if apart <= timedelta(0):
        assert seen.until - seen_at == timedelta(seconds=60)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [*ANSWERS, DOWN, SLOW, NotTaken("http_429", asked_s=30.5), CredentialsRefused("unauthorised")]
            ),
            st.integers(0, 400),
            st.booleans(),
        )
    )
)
def test_closed_line_always_has_an_end_a_cause_and_a_beginning(steps: list[tuple[Answer, int, bool]]) -> None:
    line, now = Upstream(), NOW
    for answer, seconds, is_probe in steps:
        now += timedelta(seconds=seconds)
        line = line.after(answer, school_id="norte", now=now, is_probe=is_probe)
        if line.state is not LineState.OPEN:
            assert line.until is not None
            assert line.until - now <= timedelta(seconds=LONGEST_PAUSE_S)
            assert line.since is not None
            assert line.since <= now
            assert (bool(line.cause), line.school_id) == (True, "norte")
