"""The audit trail: one entry for each write, in the write's own transaction.

An entry names who did what to which record and when, with digests of the record before and after; it holds no names and
no grades. A digest is salted with a random value that stands in the record itself: whoever may read the record can
prove what it was, and when a child's record is erased, its digests mean nothing any more.

The entries of a school, in the order of their instants, are the log of what changed in it. An entry's instant is taken
before its write is sent; ``edu.audit_log`` says when no earlier one can come any more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Transaction
from edu.logs import correlation_id

if TYPE_CHECKING:
    from edu.dynamo.pages import Page
    from edu.identity.principal import Principal

ENTITY = "audit_entry"
SALT = "version_salt"
SENT_WITHIN = timedelta(minutes=1)  # of its entry's instant a write is sent, or not at all
_EXACT = Context(prec=40)  # DynamoDB's numbers have 38 digits


@dataclass(frozen=True)
class AuditEntry:
    """Who (``actor``: the account's id, ``role``) did ``action`` to ``subject`` (``<entity>:<id>``), and when.

    ``capacity``: as what they acted there, where a role can act as several things; ``None`` where it cannot.
    """

    entry_id: str
    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    version: int
    after_digest: str
    before_digest: str = ""
    reason: str = ""
    correlation_id: str = ""
    capacity: str | None = None


def new_salt() -> str:
    """A salt for one version of one record."""
    return secrets.token_hex(16)


def digest_of(record: Mapping[str, Any], salt: str) -> str:
    """The digest of a record's attributes under its salt: SHA-256 over canonical JSON.

    Numbers count by their value: the table gives 25.00 back as 25.
    """
    canonical = msgspec.json.encode(_canonical(record), order="sorted")
    return hashlib.sha256(salt.encode() + b"\0" + canonical).hexdigest()


def add_entry(
    transaction: Transaction,
    *,
    actor: Principal,
    action: str,
    subject: str,
    version: int,
    digests: tuple[str, str],
    reason: str = "",
    capacity: str | None = None,
) -> AuditEntry:
    """Put an entry for the transaction's write into it; ``digests`` are the record's before and after, or empty.

    The transaction then has to be sent within a minute.
    """
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=clock.now(),
        actor=actor.subject,
        role=str(actor.role),
        action=action,
        subject=subject,
        version=version,
        before_digest=digests[0],
        after_digest=digests[1],
        reason=reason,
        correlation_id=correlation_id(),
        capacity=str(capacity) if capacity else None,
    )
    instant = instant_text(entry.at)
    position = {
        **_key(instant, entry.entry_id).as_attributes(),
        "gsi1pk": school_partition("AUDITED", subject),
        "gsi1sk": joined(instant, entry.entry_id),
        "entity": ENTITY,
    }
    transaction.put(position | to_attributes(entry), NOT_THERE)
    transaction.send_by(entry.at + SENT_WITHIN)
    return entry


def list_month(month: str, *, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
    """A month's entries (``month``: ``YYYY-MM``, UTC) of the school in scope, newest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    partition = school_partition("AUDIT", month)
    return _page(table.Query(partition, descending=True, consistent=True, limit=limit), cursor)


def list_of_subject(subject: str, *, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
    """One record's entries, newest first. Eventually consistent."""
    query = table.Query(school_partition("AUDITED", subject), index=True, descending=True, limit=limit)
    return _page(query, cursor)


def get_entry(entry_key: str) -> AuditEntry | None:
    """One entry by its key text ``<instant>~<entry id>`` (see ``entry_key_of``)."""
    instant, _, entry_id = entry_key.partition("~")
    if not entry_id:
        return None
    found = table.get_item(_key(instant, entry_id))
    return from_attributes(AuditEntry, found) if found else None


def entry_key_of(entry: AuditEntry) -> str:
    """A name by which ``get_entry`` finds the entry again."""
    return f"{instant_text(entry.at)}~{entry.entry_id}"


def _canonical(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    match value:
        case Mapping():
            return {name: _canonical(part) for name, part in value.items()}
        case list() | tuple():
            return [_canonical(part) for part in value]
        case bool():
            return value
        case int() | Decimal():
            return {"number": f"{Decimal(value).normalize(_EXACT):f}"}
        case _:
            return value


def _key(instant: str, entry_id: str) -> Key:
    return Key(school_partition("AUDIT", instant[:7]), joined(instant, entry_id))


def _page(query: table.Query, cursor: str | None) -> Page[AuditEntry]:
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(AuditEntry, item))
