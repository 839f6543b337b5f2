"""A student's key is made once, read in batches, remembered, and gone for good once it is destroyed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from edu import clock, student_keys
from edu.pseudonyms import pseudonym_of, pseudonyms_of, standing_pseudonyms_of
from edu.tenancy import enter_school
from tests.support.calls import counted_calls

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

CLASS = [f"est-{n:03d}" for n in range(40)]
WORKERS = 8


@pytest.fixture(autouse=True)
def _a_new_process() -> None:
    student_keys.forget_keys()


def test_a_class_costs_one_read_and_one_write_at_first_one_read_in_a_new_process_and_then_nothing(
    in_school: str,
) -> None:
    assert in_school
    costs = []
    for new_process in (False, True, False):
        if new_process:
            student_keys.forget_keys()
        with counted_calls() as calls:
            made = pseudonyms_of(CLASS)
        costs.append(calls)
        assert len(set(made.values())) == len(CLASS)
    assert costs == [["BatchGetItem", "TransactWriteItems"], ["BatchGetItem"], []]


def test_a_pseudonym_outlives_the_process_that_made_it(in_school: str) -> None:
    assert in_school
    before = pseudonym_of("est-001")
    student_keys.forget_keys()
    assert pseudonym_of("est-001") == before


def test_workers_that_meet_new_students_at_once_get_the_same_keys(
    in_school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reads before any writes, and none knows what another remembers."""
    assert in_school
    barrier = Barrier(WORKERS, timeout=30)
    make = student_keys._make

    def all_at_once(student_ids: list[str]) -> dict[str, bytes]:
        barrier.wait()
        return make(student_ids)

    monkeypatch.setattr(student_keys, "_make", all_at_once)
    with ThreadPoolExecutor(WORKERS) as pool:
        works = [pool.submit(copy_context().run, student_keys.keys_of, CLASS) for _ in range(WORKERS)]
        found = [work.result() for work in works]
    student_keys.forget_keys()
    stored = student_keys.standing_keys_of(CLASS)
    assert len(set(stored.values())) == len(CLASS)
    assert all(one == stored for one in found)
    assert student_keys.keys_of(CLASS) == stored


def test_two_schools_know_nothing_of_each_others_keys(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    assert cloud
    with enter_school(school_id):
        own = student_keys.keys_of(["est-001"])
    with enter_school(other_school_id):
        assert student_keys.standing_keys_of(["est-001"]) == {}
        assert student_keys.keys_of(["est-001"]) != own


def test_a_destroyed_key_is_in_no_item_and_never_made_again(cloud: Cloud, in_school: str) -> None:
    (before,) = student_keys.keys_of(["est-001"]).values()
    pseudonym = pseudonym_of("est-001")
    at = clock.now()
    student_keys.destroy_key("est-001", at=at)
    student_keys.destroy_key("est-001", at=clock.now())
    for new_process in (False, True):
        if new_process:
            student_keys.forget_keys()
        assert student_keys.keys_of(["est-001"]) == {"est-001": student_keys.ERASED}
        assert pseudonym_of("est-001") not in {pseudonym, pseudonym_of("est-001")}
        assert standing_pseudonyms_of(["est-001"]) == {}
    items = cloud.items_of(in_school)
    assert before.hex() not in str(items)
    (tombstone,) = items
    assert tombstone["erased_at"]["S"].startswith(at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert student_keys.is_destroyed("est-001")


def test_a_student_without_a_key_is_erased_all_the_same(in_school: str) -> None:
    assert in_school
    assert not student_keys.is_destroyed("est-002")
    student_keys.destroy_key("est-002", at=clock.now())
    assert student_keys.keys_of(["est-002"]) == {"est-002": student_keys.ERASED}
