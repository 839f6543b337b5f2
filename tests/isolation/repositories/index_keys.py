"""Another school's ``gsi1pk`` on an own item: refused by the adapter on the way in, left out on the way out."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from edu.dynamo import table
from edu.dynamo.boundaries import ForeignPartitionError
from edu.dynamo.keys import Key
from edu.dynamo.table import BatchWrite, Query
from edu.dynamo.transactions import Transaction
from edu.errors import LibretaError
from edu.tenancy import Scope, ScopeKind, enter_platform, enter_school
from tests.isolation.operations.aims import ALL, OTHER, OWN
from tests.isolation.operations.rule import belongs
from tests.isolation.policy.law import Caller
from tests.isolation.sections import ALLOWED, REFUSED, Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.support.cloud import Cloud

_SORT = "index-key"


def _by_put(key: Key, partition: str) -> None:
    transaction = Transaction()
    transaction.put({**key.as_attributes(), "gsi1pk": partition, "gsi1sk": _SORT})
    transaction.commit()


def _by_update(key: Key, partition: str) -> None:
    transaction = Transaction()
    transaction.update(key, "SET gsi1pk = :p", {":p": partition})
    transaction.commit()


def _by_batch(key: Key, partition: str) -> None:
    table.write_batch(BatchWrite(puts=[{**key.as_attributes(), "gsi1pk": partition, "gsi1sk": _SORT}]))


_WAYS: dict[str, Callable[[Key, str], None]] = {
    "Transaction.put": _by_put,
    "Transaction.update": _by_update,
    "write_batch": _by_batch,
}
_SCOPES: dict[Scope, tuple[Callable[[], AbstractContextManager[Any]], str]] = {
    Scope(ScopeKind.TENANT, OWN): (lambda: enter_school(OWN), f"SCHOOL#{OWN}#FORGED"),
    Scope(ScopeKind.PLATFORM): (enter_platform, "PLATFORM#SYNC#FORGED"),
}


def attack(cloud: Cloud) -> Iterator[Cell]:
    """Every way of writing, with every kind of index key, and then a reader of an index that holds a forged item."""
    for scope, (enter, partition) in _SCOPES.items():
        for way, write in _WAYS.items():
            for target in ALL:
                if not target.partition:
                    continue
                expected = ALLOWED if _may(scope, target.partition) and way != "Transaction.update" else REFUSED
                with enter():
                    seen, said = _ending(write, Key(partition, f"{way} {target.name}"), target.partition)
                yield Cell("edu.dynamo, index key", way, f"{scope.kind} with {target.name}", expected, seen, said)
    yield _reading(cloud)


def _may(scope: Scope, partition: str) -> bool:
    if scope.kind is ScopeKind.TENANT:
        return belongs(Caller("tenant", scope.school_id), partition)
    return partition.startswith("PLATFORM#")


def _ending(write: Callable[[Key, str], None], key: Key, partition: str) -> tuple[str, str]:
    try:
        write(key, partition)
    except ForeignPartitionError as error:
        return REFUSED, str(error)
    except LibretaError as error:
        return type(error).__name__, str(error)
    return ALLOWED, ""


def _reading(cloud: Cloud) -> Cell:
    """An item of another school with this school's index key, planted by root: it is in no listing."""
    shared = f"SCHOOL#{OWN}#LISTED"
    root, name = cloud.root("dynamodb"), cloud.outputs["TableName"]
    for owner in (OWN, OTHER):
        key = {"pk": {"S": f"SCHOOL#{owner}#LISTED"}, "sk": {"S": _SORT}}
        root.put_item(TableName=name, Item={**key, "gsi1pk": {"S": shared}, "gsi1sk": {"S": owner}})
    with enter_school(OWN), suppress(LibretaError), capture_logs():
        found = [item["pk"] for item in table.query_page(Query(shared, index=True)).items]
        observed = "own items only" if found == [f"SCHOOL#{OWN}#LISTED"] else f"{len(found)} items"
        return Cell("edu.dynamo, index key", "query_page", "a forged item in the index", "own items only", observed)
    return Cell("edu.dynamo, index key", "query_page", "a forged item in the index", "own items only", "an error")
