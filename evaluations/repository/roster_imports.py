"""A school's imports of its roster, and the plan of each: which records it changes, as they were and as they are to be.

    SCHOOL#<id>                        ROSTER              ``running``: the import that writes now; ``version``
    SCHOOL#<id>#ROSTER_IMPORT          <import>            what it is to do and where it stands
    SCHOOL#<id>#ROSTER_PLAN#<import>   <number>            up to 100 actions' changes, compressed; expires
    SCHOOL#<id>#ROSTER_KEPT#<import>   <number>            what undoing a part of the plan left as it is; expires

One import writes at a time. A plan holds names, so it goes when the import is discarded, and 90 days after it was made:
until then the import can be undone.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, THERE, Condition, Transaction, version_is
from evaluations.domain.roster import KINDS, Entity, RecordName, name_of
from evaluations.domain.roster_changes import Change, ChangeKind
from evaluations.domain.roster_imports import ImportState, RosterImport
from evaluations.errors import ImportNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page

KEPT_FOR = timedelta(days=90)
_RUNNING, _VERSION, _CONTENT, _NAMES = "running", "version", "content", "names"


@dataclass(frozen=True)
class RosterHead:
    """Which import writes now (``""``: none), and how often that changed."""

    running: str = ""
    version: int = 0


def get_head() -> RosterHead:
    """The school's. Strongly consistent."""
    found = table.get_item(_head_key())
    return RosterHead(found.get(_RUNNING, ""), found[_VERSION]) if found else RosterHead()


def begin_writing(
    transaction: Transaction, import_id: str, *, otherwise: type[Exception], seen: RosterHead | None = None
) -> None:
    """Take the school's roster for an import; only if nobody took it since it was ``seen``, where that is given."""
    condition = Condition(f"attribute_not_exists({_RUNNING})")
    if seen is not None and seen.version:
        condition = Condition(f"{condition.expression} AND {_VERSION} = :seen", {":seen": seen.version})
    elif seen is not None:
        condition = NOT_THERE
    values = {":import_id": import_id, ":entity": "roster_head", ":one": 1}
    expression = f"SET {_RUNNING} = :import_id, entity = :entity ADD {_VERSION} :one"
    transaction.update(_head_key(), expression, values, condition, otherwise=otherwise)


def end_writing(transaction: Transaction, import_id: str, *, otherwise: type[Exception]) -> None:
    """Leave the school's roster to others."""
    own = Condition(f"{_RUNNING} = :import_id", {":import_id": import_id})
    expression = f"REMOVE {_RUNNING} ADD {_VERSION} :one"
    transaction.update(_head_key(), expression, {":one": 1}, own, otherwise=otherwise)


def get_import(import_id: str) -> RosterImport:
    """An import of the school in scope. Strongly consistent.

    Raises:
        ImportNotFoundError: there is none of this id.
    """
    found = table.get_item(_import_key(import_id))
    if found is None:
        raise ImportNotFoundError
    return from_attributes(RosterImport, found)


def list_imports(*, cursor: str | None = None, limit: int = 50) -> Page[RosterImport]:
    """The school's imports, the last first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("ROSTER_IMPORT"), descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(RosterImport, item))


def put_import(transaction: Transaction, record: RosterImport, *, otherwise: type[Exception]) -> None:
    """Put an import's next version in the place of the one before."""
    condition = version_is(record.version - 1) if record.version > 1 else NOT_THERE
    item = {**_import_key(record.import_id).as_attributes(), "entity": "roster_import", **to_attributes(record)}
    transaction.put(item, condition, otherwise=otherwise)


def require_state(transaction: Transaction, import_id: str, state: ImportState, *, otherwise: type[Exception]) -> None:
    """Require that the import still stands where its writer saw it."""
    condition = Condition("#state = :state", {":state": str(state)}, {"#state": "state"})  # a word of DynamoDB's own
    transaction.check(_import_key(import_id), condition, otherwise=otherwise)


def put_plan(import_id: str, chunks: Iterable[Sequence[Change]]) -> int:
    """Write a plan; returns how many chunks it has. Safe to repeat whole."""
    items: list[Attributes] = [
        {
            **_plan_key(import_id, number).as_attributes(),
            "entity": "roster_plan",
            _CONTENT: _packed(chunk),
            "expires_at": _expires_at(),
        }
        for number, chunk in enumerate(chunks)
    ]
    table.write_batch(table.BatchWrite(puts=items))
    return len(items)


def get_chunk(import_id: str, number: int) -> list[Change]:
    """One part of a plan. Strongly consistent.

    Raises:
        ImportNotFoundError: it was discarded, or is too old.
    """
    found = table.get_item(_plan_key(import_id, number))
    if found is None:
        raise ImportNotFoundError
    return _unpacked(found[_CONTENT])


def iterate_plans() -> Iterator[tuple[str, int, list[Change]]]:
    """Every part of every plan that the school still has: import, number, changes. Strongly consistent."""
    cursor: str | None = None
    while True:
        page = list_imports(cursor=cursor)
        for record in page.items:
            query = table.Query(school_partition("ROSTER_PLAN", record.import_id), consistent=True)
            for item in table.query_all(query):
                yield record.import_id, int(item["sk"]), _unpacked(item[_CONTENT])
        cursor = page.cursor
        if cursor is None:
            return


def replace_chunk(import_id: str, number: int, changes: Sequence[Change]) -> None:
    """Write other changes in the place of a part of a plan, which keeps its end."""
    transaction = Transaction()
    transaction.update(
        _plan_key(import_id, number), f"SET {_CONTENT} = :content", {":content": _packed(changes)}, THERE
    )
    transaction.try_commit()  # a plan that is gone says nothing of anybody


def delete_plan(import_id: str, chunks: int) -> None:
    """Take a plan away. Idempotent."""
    keys = [_plan_key(import_id, number) for number in range(chunks)]
    table.write_batch(table.BatchWrite(deletes=keys))


def put_kept(transaction: Transaction, import_id: str, number: int, kept: Sequence[RecordName]) -> None:
    """Say that a part of the plan is undone, and what that left as it is; fails when it is said already."""
    item = {
        **_kept_key(import_id, number).as_attributes(),
        "entity": "roster_kept",
        _NAMES: list(map(str, kept)),
        "expires_at": _expires_at(),
    }
    transaction.put(item, NOT_THERE)


def find_kept(import_id: str, number: int) -> list[str] | None:
    """What undoing a part of the plan left; ``None`` when it is not undone. Strongly consistent."""
    found = table.get_item(_kept_key(import_id, number))
    return found[_NAMES] if found else None


def list_kept(import_id: str) -> list[str]:
    """What undoing an import left as it is: ``<kind>:<ids>`` of each record. Strongly consistent."""
    query = table.Query(school_partition("ROSTER_KEPT", import_id), consistent=True)
    return [name for item in table.query_all(query) for name in item[_NAMES]]


def digest_content(changes: Iterable[Change]) -> bytes:
    """The changes as bytes that are the same for the same changes."""
    return msgspec.json.encode([_plain(change) for change in changes], order="sorted")


def _packed(changes: Iterable[Change]) -> bytes:
    return zlib.compress(digest_content(changes))


def _unpacked(content: bytes) -> list[Change]:
    return [_change(plain) for plain in msgspec.json.decode(zlib.decompress(content))]


def _plain(change: Change) -> dict[str, Any]:
    before = to_attributes(change.before) if change.before else None
    entity = name_of(change.after).entity
    return {
        "kind": change.kind,
        "entity": entity,
        "before": before,
        "after": to_attributes(change.after),
        "seen": change.seen,
    }


def _change(plain: dict[str, Any]) -> Change:
    record = KINDS[Entity(plain["entity"])]
    before = from_attributes(record, plain["before"]) if plain["before"] else None
    after = from_attributes(record, plain["after"])
    return Change(kind=ChangeKind(plain["kind"]), before=before, after=after, seen=plain["seen"])


def _expires_at() -> int:
    return clock.epoch_s() + int(KEPT_FOR.total_seconds())


def _head_key() -> Key:
    return Key(school_partition(), "ROSTER")


def _import_key(import_id: str) -> Key:
    return Key(school_partition("ROSTER_IMPORT"), import_id)


def _plan_key(import_id: str, number: int) -> Key:
    return Key(school_partition("ROSTER_PLAN", import_id), f"{number:06d}")


def _kept_key(import_id: str, number: int) -> Key:
    return Key(school_partition("ROSTER_KEPT", import_id), f"{number:06d}")
