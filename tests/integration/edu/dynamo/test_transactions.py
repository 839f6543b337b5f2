"""Transactions on a real engine: all or nothing, what a failed condition means, concurrent writers."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest

from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.transactions import NOT_THERE, THERE, Condition, Transaction, commit_what_holds, version_is
from edu.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.dynamo.mapping import Attributes

pytestmark = [pytest.mark.dynamodb_engine, pytest.mark.usefixtures("in_school")]
WRITERS = 12
T = TypeVar("T")


def _key(sort: str) -> Key:
    return Key(school_partition("THING"), sort)


def _put(sort: str, **attributes: object) -> None:
    transaction = Transaction()
    transaction.put({**_key(sort).as_attributes(), **attributes})
    transaction.commit()


def test_all_actions_written_together() -> None:
    _put("updated", version=1)
    _put("deleted")
    _put("checked")
    transaction = Transaction()
    transaction.put({**_key("new").as_attributes(), "version": 1}, NOT_THERE)
    transaction.update(_key("updated"), "SET version = :next", {":next": 2}, version_is(1))
    transaction.delete(_key("deleted"), THERE)
    transaction.check(_key("checked"), THERE)
    transaction.commit()
    assert table.get_item(_key("new")) == {**_key("new").as_attributes(), "version": 1}
    assert table.get_item(_key("updated")) == {**_key("updated").as_attributes(), "version": 2}
    assert table.get_item(_key("deleted")) is None


def test_failed_condition_names_action_and_item_and_writes_nothing() -> None:
    _put("taken", version=7)
    transaction = Transaction()
    transaction.put(_key("never").as_attributes(), NOT_THERE, name="first")
    transaction.put(_key("taken").as_attributes(), NOT_THERE, name="taken")
    transaction.check(_key("absent"), THERE, name=("absent", 1))
    with pytest.raises(ConditionFailedError) as raised:
        transaction.commit()
    assert raised.value.failed == {"taken": {**_key("taken").as_attributes(), "version": 7}, ("absent", 1): None}
    assert "first" not in raised.value.failed
    assert table.get_item(_key("never")) is None


def test_single_action_condition_failure_is_the_same_error() -> None:
    _put("taken", version=7)
    transaction = Transaction()
    transaction.update(_key("taken"), "SET version = :next", {":next": 9}, version_is(1))
    with pytest.raises(ConditionFailedError) as raised:
        transaction.commit()
    assert raised.value.failed[0] == {**_key("taken").as_attributes(), "version": 7}


def test_failed_condition_raises_its_own_error_made_of_the_item_found() -> None:
    _put("taken", version=7)
    transaction = Transaction()
    transaction.put(_key("never").as_attributes(), NOT_THERE, otherwise=ForbiddenError)
    transaction.put(_key("taken").as_attributes(), NOT_THERE, otherwise=_not_found_of_version)
    with pytest.raises(NotFoundError, match="version 7") as raised:
        transaction.commit()
    assert isinstance(raised.value.__cause__, ConditionFailedError)
    assert table.get_item(_key("never")) is None


def _not_found_of_version(found: Attributes | None) -> NotFoundError:
    assert found is not None
    return NotFoundError(f"version {found['version']}")


def test_commit_what_holds_writes_the_others_and_gives_what_was_found() -> None:
    _put("thing-007", version=7)
    names = [f"thing-{n:03d}" for n in range(130)]

    def add(transaction: Transaction, name: str) -> None:
        transaction.put(_key(name).as_attributes(), NOT_THERE, name=name)

    assert commit_what_holds(names, add) == {"thing-007": {**_key("thing-007").as_attributes(), "version": 7}}
    assert len(list(table.query_all(table.Query(school_partition("THING"), prefix="thing-")))) == 130


def test_condition_with_names_and_values() -> None:
    _put("reserved", status="open")
    closed = Condition("#status = :wanted", {":wanted": "open"}, {"#status": "status"})
    transaction = Transaction()
    transaction.delete(_key("reserved"), closed)
    transaction.commit()
    assert table.get_item(_key("reserved")) is None


def test_concurrent_writers_each_count_once() -> None:
    """Every writer reads, adds one under the version it read, and repeats when another was first."""
    _put("counter", version=0)

    def add_one() -> int:
        conflicts = 0
        while True:
            found = table.get_item(_key("counter"))
            assert found is not None
            transaction = Transaction()
            values = {":next": found["version"] + 1}
            transaction.update(_key("counter"), "SET version = :next", values, version_is(found["version"]))
            transaction.put(_key(f"log-{found['version']}").as_attributes(), NOT_THERE)
            try:
                transaction.commit()
            except ConditionFailedError:
                conflicts += 1
            else:
                return conflicts

    _together(add_one)
    counter = table.get_item(_key("counter"))
    assert counter is not None
    assert counter["version"] == WRITERS
    assert len(list(table.query_all(table.Query(school_partition("THING"), prefix="log-")))) == WRITERS


def test_concurrent_creators_only_one_wins() -> None:
    def create() -> bool:
        transaction = Transaction()
        transaction.put({**_key("only").as_attributes(), "version": 1}, NOT_THERE)
        transaction.put(_key("companion").as_attributes())
        try:
            transaction.commit()
        except ConditionFailedError:
            return False
        return True

    assert sorted(_together(create)) == [False] * (WRITERS - 1) + [True]


def _together(call: Callable[[], T]) -> list[T]:
    """Run the call in many threads at once, each in a copy of this test's scope."""
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(contextvars.copy_context().run, call) for _ in range(WRITERS)]
        return [future.result() for future in running]
