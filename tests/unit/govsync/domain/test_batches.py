"""What a batch may become, and where its id comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu.dynamo.transactions import MAX_ACTIONS
from govsync.domain.batches import (
    MAX_BATCH_GRADES,
    Batch,
    batch_id_of,
    canonical_body,
    prepare_batch,
    retry_wait_s,
    split_batch,
)
from govsync.domain.grades import SubmittedGrade
from govsync.domain.states import BATCH_TRANSITIONS, BatchState, TransitionError

PLACE = {"school_id": "escuela-a", "term_id": "2026-q4", "run_id": "2026-q4-r1"}
ids = st.text("abcdefghij0123456789-", min_size=1, max_size=40)
grades = st.builds(
    SubmittedGrade,
    evaluation_id=ids,
    student_id=ids,
    version=st.integers(1, 9),
    course_id=ids,
    state=st.sampled_from(["recorded", "absent"]),
    value=st.none() | st.sampled_from(["5.5", "A+", "ñ"]),
)
some_grades = st.lists(grades, min_size=1, max_size=12, unique_by=lambda grade: grade.key)


def id_of(found: list[SubmittedGrade], **changes: str) -> str:
    return prepare_batch(1, found, **{**PLACE, **changes}).batch_id


@given(some_grades, st.randoms())
def test_batch_id_does_not_depend_on_order(found: list[SubmittedGrade], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis's Random
    assert id_of(shuffled) == id_of(found)


@given(some_grades, st.data())
def test_batch_id_changes_with_any_grade(found: list[SubmittedGrade], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(found) - 1))
    field, other = data.draw(
        st.sampled_from([("value", "0.1"), ("version", 77), ("course_id", "x" * 41), ("state", "other")])
    )
    changes: dict[str, Any] = {field: other}
    changed = [*found[:position], replace(found[position], **changes), *found[position + 1 :]]
    assert id_of(changed) != id_of(found)


@pytest.mark.parametrize("field", ["school_id", "term_id", "run_id"])
def test_batch_id_changes_with_its_place(field: str) -> None:
    found = [SubmittedGrade("e", "s", 1, "c", "recorded", "5.5")]
    assert id_of(found, **{field: "other"}) != id_of(found)


def test_batch_id_is_the_digest_of_the_bytes_sent() -> None:
    found = [SubmittedGrade("e2", "s", 1, "c", "recorded", "5.5"), SubmittedGrade("e1", "s", 1, "c", "absent")]
    batch = prepare_batch(3, found, **PLACE)
    body = canonical_body(batch.number, batch.grades, **PLACE)
    assert batch.batch_id == hashlib.sha256(body).hexdigest() == batch_id_of(body)
    assert [grade["evaluation_id"] for grade in json.loads(body)["grades"]] == ["e1", "e2"]
    # the form is a contract: a release that writes it otherwise could not recognise what an earlier one sent
    assert batch.batch_id == "3b0d69dab65cdb44d7aafcf0e22c1da7a38ce7ff6b032d1704778c4dd6349606"


def test_deciding_a_full_batch_fits_one_transaction() -> None:
    run_batch_and_history = 3
    assert run_batch_and_history + MAX_BATCH_GRADES <= MAX_ACTIONS


@pytest.mark.parametrize("count", [0, MAX_BATCH_GRADES + 1])
def test_batch_of_wrong_size_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to"):
        prepare_batch(1, [SubmittedGrade(f"e{n}", "s", 1, "c", "absent") for n in range(count)], **PLACE)


@given(st.lists(grades, min_size=2, max_size=MAX_BATCH_GRADES, unique_by=lambda grade: grade.key))
def test_halves_hold_each_grade_once_under_ids_of_their_own(found: list[SubmittedGrade]) -> None:
    batch = prepare_batch(3, found, **PLACE)
    halves = split_batch(batch, 4, **PLACE)
    assert halves == split_batch(batch, 4, **PLACE)
    assert halves[0].grades + halves[1].grades == batch.grades
    assert abs(len(halves[0].grades) - len(halves[1].grades)) <= 1
    assert [half.number for half in halves] == [4, 5]
    assert {half.state for half in halves} == {BatchState.PREPARED}
    assert [half.batch_id for half in halves] == [
        batch_id_of(canonical_body(half.number, half.grades, **PLACE)) for half in halves
    ]


def test_batch_of_one_grade_is_not_split() -> None:
    with pytest.raises(ValueError, match="1 to"):
        split_batch(prepare_batch(1, [SubmittedGrade("e", "s", 1, "c", "absent")], **PLACE), 2, **PLACE)


@given(st.lists(st.sampled_from(BatchState)))
def test_batch_takes_only_the_steps_of_the_table(wanted: list[BatchState]) -> None:
    batch = prepare_batch(1, [SubmittedGrade("e", "s", 1, "c", "absent")], **PLACE)
    for state in wanted:
        if state in BATCH_TRANSITIONS[batch.state]:
            moved = batch.moved(state)
            assert (moved.batch_id, moved.grades, moved.number) == (batch.batch_id, batch.grades, batch.number)
            batch = moved
        else:
            with pytest.raises(TransitionError):
                batch.moved(state)


def test_unknown_batch_is_never_sent_again_without_asking() -> None:
    assert BatchState.SENDING not in BATCH_TRANSITIONS[BatchState.UNKNOWN]
    assert BatchState.SENDING not in BATCH_TRANSITIONS[BatchState.SENDING]


def test_times_of_the_last_state_do_not_stay() -> None:
    instant = datetime(2026, 12, 1, tzinfo=UTC)
    sending = Batch(1, "id", BatchState.WAITING, (), retry_at=instant).moved(BatchState.SENDING, claimed_until=instant)
    assert (sending.retry_at, sending.claimed_until) == (None, instant)
    assert sending.moved(BatchState.UNKNOWN).claimed_until is None


def test_the_same_grades_sent_again_are_another_batch() -> None:
    found = [SubmittedGrade("e", "s", 1, "c", "absent")]
    assert prepare_batch(1, found, **PLACE).batch_id != prepare_batch(2, found, **PLACE).batch_id


def test_waits_are_the_sources_and_then_there_is_no_try_left() -> None:
    assert [retry_wait_s(attempt) for attempt in (1, 2, 3, 4)] == [5, 15, 45, None]


def test_grade_value_is_not_in_repr() -> None:
    assert "6.9" not in repr(SubmittedGrade("e", "s", 1, "c", "recorded", "6.9"))
