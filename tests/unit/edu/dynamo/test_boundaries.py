"""Another's partition of the index: nothing is written into it, and nothing foreign is read from the own."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from edu.dynamo.boundaries import ForeignPartitionError, check_action, check_item, is_own, own_items
from edu.dynamo.keys import Key
from edu.dynamo.table import BatchWrite, write_batch
from edu.dynamo.transactions import Transaction
from edu.tenancy import NoScopeError, enter_lake, enter_platform, enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREIGN = ["SCHOOL#school-2", "SCHOOL#school-10", "SCHOOL#school-1x#A", "school#school-1", "PLATFORM#SYNC", "", None, 7]


@pytest.fixture(autouse=True)
def scope() -> Iterator[None]:
    with enter_school("school-1"):
        yield


@pytest.mark.parametrize("partition", ["SCHOOL#school-1", "SCHOOL#school-1#A", "SCHOOL#school-1#A#b"])
def test_own_partition_is_own(partition: str) -> None:
    assert is_own(partition)
    check_item({"pk": "anything", "gsi1pk": partition})


@pytest.mark.parametrize("partition", FOREIGN)
def test_foreign_partition_is_not_own(partition: object) -> None:
    assert not is_own(partition)


@pytest.mark.parametrize("partition", [value for value in FOREIGN if value is not None])
def test_item_with_foreign_index_key_refused_and_alarmed(partition: object) -> None:
    with capture_logs() as logs, pytest.raises(ForeignPartitionError):
        check_item({"gsi1pk": partition})
    assert [(line["log_level"], line["AccessDenied"], line["Partitions"]) for line in logs] == [
        ("critical", 1, "index")
    ]


def test_item_without_index_key_passes() -> None:
    check_item({"pk": "SCHOOL#school-2"})
    check_action({"Delete": {"Key": {"pk": {"S": "SCHOOL#school-2"}}}})


def test_platform_scope_owns_the_platforms_partitions() -> None:
    with enter_platform():
        assert is_own("PLATFORM#SYNC")
        assert not is_own("SCHOOL#school-1")


@pytest.mark.parametrize("wire", [{"S": "SCHOOL#school-2"}, {"N": "1"}])
def test_put_with_foreign_index_key_refused(wire: dict[str, str]) -> None:
    with pytest.raises(ForeignPartitionError):
        check_action({"Put": {"Item": {"pk": {"S": "SCHOOL#school-1"}, "gsi1pk": wire}}})


@pytest.mark.parametrize(
    "update",
    [
        {"UpdateExpression": "SET gsi1pk = :p"},
        {"UpdateExpression": "SET #k = :p", "ExpressionAttributeNames": {"#k": "gsi1pk"}},
    ],
)
def test_update_that_moves_an_item_in_the_index_refused(update: dict[str, object]) -> None:
    with pytest.raises(ForeignPartitionError):
        check_action({"Update": {"Key": {"pk": {"S": "SCHOOL#school-1"}}, **update}})


def test_transaction_is_refused_before_anything_is_sent() -> None:
    transaction = Transaction()
    transaction.put({"pk": "SCHOOL#school-1", "sk": "a", "gsi1pk": "SCHOOL#school-2"})
    with pytest.raises(ForeignPartitionError):
        transaction.commit()


def test_batch_is_refused_before_anything_is_sent() -> None:
    good, bad = ({"pk": "SCHOOL#school-1", "sk": s, "gsi1pk": f"SCHOOL#school-{s}"} for s in ("1", "2"))
    with pytest.raises(ForeignPartitionError):
        write_batch(BatchWrite(puts=[good, bad], deletes=[Key("SCHOOL#school-1", "c")]))


def test_foreign_items_of_an_index_left_out_and_logged() -> None:
    own, foreign = {"pk": "SCHOOL#school-1#A"}, {"pk": "SCHOOL#school-2#A", "name": "a child"}
    with capture_logs() as logs:
        assert own_items([own, foreign]) == [own]
    assert [(line["log_level"], line["count"], line["AccessDenied"]) for line in logs] == [("critical", 1, 1)]
    assert "child" not in str(logs)


def test_outside_a_scope_nothing_is_own() -> None:
    with pytest.raises(NoScopeError):
        contextvars.Context().run(is_own, "SCHOOL#school-1")


def test_lakes_scope_owns_no_partition() -> None:
    with enter_school("norte"), enter_lake():
        assert not any(map(is_own, ("SCHOOL#norte", "SCHOOL#norte#STUDENT", "PLATFORM#SCHOOLS", "PLATFORM#JOBS#DUE")))
