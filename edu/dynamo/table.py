"""Reading the table, and the writes that need no transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.dynamo import cursors
from edu.dynamo.boundaries import check_item, own_items
from edu.dynamo.errors import StoreUnavailableError, translated
from edu.dynamo.keys import Key
from edu.dynamo.mapping import Attributes, from_item, to_item
from edu.dynamo.pages import Page
from edu.dynamo.retries import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


INDEX = "gsi1"
_FILL_ITEMS, _FILL_CALLS = 250, 20
_BATCH_GET_KEYS = 100
_BATCH_WRITE_ITEMS = 25
_BATCH_ATTEMPTS = 8


@dataclass(frozen=True)
class Query:
    """One partition's items in sort-key order.

    ``prefix`` narrows the sort key to those beginning so; ``between`` to an inclusive range. With ``index`` the
    partition is one of ``gsi1``, which is eventually consistent: a moment behind the table. ``filtered_by`` names what
    else the listing is narrowed by, beside its keys (``query_filled``).
    """

    partition: str
    prefix: str = ""
    between: tuple[str, str] | None = None
    index: bool = False
    descending: bool = False
    consistent: bool = False
    limit: int = 100
    filtered_by: str = ""

    def request(self) -> dict[str, Any]:
        """The call's arguments."""
        pk, sk = ("gsi1pk", "gsi1sk") if self.index else ("pk", "sk")
        condition, values = f"{pk} = :pk", {":pk": self.partition}
        if self.between:
            condition += f" AND {sk} BETWEEN :low AND :high"
            values |= {":low": self.between[0], ":high": self.between[1]}
        elif self.prefix:
            condition += f" AND begins_with({sk}, :prefix)"
            values[":prefix"] = self.prefix
        request: dict[str, Any] = {
            "TableName": settings.TABLE_NAME,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": to_item(values),
            "ScanIndexForward": not self.descending,
            "Limit": self.limit,
        }
        if self.index:
            return request | {"IndexName": INDEX}
        return request | {"ConsistentRead": self.consistent}

    def name(self) -> str:
        """What a cursor of this listing is bound to: the listing with all its filters, whatever the page's size."""
        filters = (*(self.between or ()), str(self.index), str(self.descending), self.filtered_by)
        return "|".join((self.partition, self.prefix, *filters))

    def position_of(self, item: Attributes) -> dict[str, str]:
        """The keys by which the listing goes on after this item."""
        names = ("pk", "sk", "gsi1pk", "gsi1sk") if self.index else ("pk", "sk")
        return {name: item[name] for name in names}


def get_item(key: Key, *, consistent: bool = True) -> Attributes | None:
    """One item, or ``None``. Strongly consistent unless told otherwise.

    Raises:
        StoreUnavailableError: the table does not answer.
        AccessDeniedError: the key is outside the scope.
    """
    with translated(key.pk):
        answer = scoped_client("dynamodb").get_item(
            TableName=settings.TABLE_NAME, Key=to_item(key.as_attributes()), ConsistentRead=consistent
        )
    return from_item(answer["Item"]) if "Item" in answer else None


def query_page(query: Query, *, cursor: str | None = None) -> Page[Attributes]:
    """One page of a listing, of at most ``query.limit`` items; what is not the scope's own in an index is left out.

    Raises:
        InvalidCursorError: the cursor is not of this listing and scope.
        StoreUnavailableError: the table does not answer.
        AccessDeniedError: the partition is outside the scope.
    """
    start = cursors.open_cursor(cursor, query=query.name()) if cursor else None
    items, last = _ask(query, start)
    return Page(items, cursors.seal_cursor(last, query=query.name()) if last else None)


def query_filled(query: Query, keep: Callable[[Attributes], bool], *, cursor: str | None = None) -> Page[Attributes]:
    """One page of ``query.limit`` of the items that ``keep`` takes, however many it has to pass over.

    A shorter page is the last one, but for the bound: after 20 calls to the table of 250 items each (or of the limit's)
    the page ends where it stands, and the cursor goes on from there. Raises like ``query_page``.
    """
    start = cursors.open_cursor(cursor, query=query.name()) if cursor else None
    reading = replace(query, limit=max(query.limit + 1, _FILL_ITEMS))
    kept: list[Attributes] = []
    for _call in range(_FILL_CALLS):
        items, start = _ask(reading, start)
        kept += filter(keep, items)
        if len(kept) > query.limit:
            start = query.position_of(kept[query.limit - 1])
            break
        if start is None:
            break
    return Page(kept[: query.limit], cursors.seal_cursor(start, query=query.name()) if start else None)


def _ask(query: Query, start: Mapping[str, str] | None) -> tuple[list[Attributes], dict[str, str] | None]:
    """The items of one call, and where the next one goes on. What is not the scope's own in an index is left out."""
    request = query.request()
    if start:
        request["ExclusiveStartKey"] = to_item(start)
    with translated(query.partition):
        answer = scoped_client("dynamodb").query(**request)
    last = answer.get("LastEvaluatedKey")
    items = [from_item(item) for item in answer["Items"]]
    return own_items(items) if query.index else items, from_item(last) if last else None


def query_all(query: Query) -> Iterator[Attributes]:
    """Every item of a listing, a page of ``query.limit`` at a time. Same errors as ``query_page``."""
    cursor: str | None = None
    while True:
        page = query_page(query, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def get_items(keys: Sequence[Key], *, consistent: bool = False) -> list[Attributes]:
    """The items that exist among ``keys``, in no particular order; repeated keys count once.

    Raises:
        StoreUnavailableError: after eight rounds some keys are still unprocessed.
        AccessDeniedError: one of the keys is outside the scope; nothing is returned then.
    """
    unique = list(dict.fromkeys(keys))
    found: list[Attributes] = []
    for start in range(0, len(unique), _BATCH_GET_KEYS):
        found += _get_chunk(unique[start : start + _BATCH_GET_KEYS], consistent=consistent)
    return found


def _get_chunk(keys: Sequence[Key], *, consistent: bool) -> list[Attributes]:
    wanted = [to_item(key.as_attributes()) for key in keys]
    pending: Any = {settings.TABLE_NAME: {"Keys": wanted, "ConsistentRead": consistent}}
    found: list[Attributes] = []
    for attempt in range(_BATCH_ATTEMPTS):
        with translated(*{key.pk for key in keys}):
            answer = scoped_client("dynamodb").batch_get_item(RequestItems=pending)
        found += [from_item(item) for item in answer["Responses"].get(settings.TABLE_NAME, [])]
        pending = answer.get("UnprocessedKeys")
        if not pending:
            return found
        pause(attempt)
    raise StoreUnavailableError("batch get: keys left unprocessed")


@dataclass(frozen=True)
class BatchWrite:
    """Items to put and keys to delete, without conditions and without a common fate: for what can be repeated."""

    puts: Sequence[Mapping[str, Any]] = field(default=())
    deletes: Sequence[Key] = field(default=())


def write_batch(batch: BatchWrite) -> None:
    """Put and delete, 25 a call, repeating what DynamoDB leaves unprocessed, with jitter. Safe to repeat whole.

    Raises:
        StoreUnavailableError: after eight rounds some are still unprocessed; those before them are written.
        ForeignPartitionError: an item's index key is outside the scope; nothing was sent.
        AccessDeniedError: one of the keys is outside the scope; its call wrote nothing.
    """
    for item in batch.puts:
        check_item(item)
    requests: list[Any] = [{"PutRequest": {"Item": to_item(item)}} for item in batch.puts]
    requests += [{"DeleteRequest": {"Key": to_item(key.as_attributes())}} for key in batch.deletes]
    partitions = {*(item["pk"] for item in batch.puts), *(key.pk for key in batch.deletes)}
    for start in range(0, len(requests), _BATCH_WRITE_ITEMS):
        _write_chunk({settings.TABLE_NAME: requests[start : start + _BATCH_WRITE_ITEMS]}, partitions)


def _write_chunk(pending: Any, partitions: set[str]) -> None:  # noqa: ANN401 - DynamoDB's RequestItems
    for attempt in range(_BATCH_ATTEMPTS):
        with translated(*partitions):
            pending = scoped_client("dynamodb").batch_write_item(RequestItems=pending).get("UnprocessedItems")
        if not pending:
            return
        pause(attempt)
    raise StoreUnavailableError("batch write: items left unprocessed")
