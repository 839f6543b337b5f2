"""The events' ledger: written with each batch, read by a person, and looked at by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from behavior.domain.ledger import GATEWAY, DoorAccount, DoorReport, Receipt, balance
from behavior.repository import ledger
from edu import clock
from edu.logs import get_logger
from edu.metrics import COUNT, embedded

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTLED_AFTER = timedelta(minutes=30)  # a message older than the queue's alarms allow
LOOKED_AT = timedelta(hours=2)
_EARLIER = timedelta(hours=1)  # a receipt may be written before its message is reported
_log = get_logger(__name__)


def write_ledger(receipts: Sequence[Receipt], reports: Sequence[DoorReport]) -> None:
    """Write what became of a batch's messages, and the doors' reports among them. A repeat is harmless.

    Of the API Gateway's messages, which have no numbers, what is done is summed; what is set aside stands nowhere else
    than among the dead letters.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    numbered = [receipt for receipt in receipts if receipt.door != GATEWAY]
    if without := [one for one in receipts if one.door == GATEWAY and not one.is_set_aside]:
        numbered.append(_sum(without))
    if numbered or reports:
        ledger.put_receipts(uuid4().hex, numbered, reports, at=clock.now())


def read_ledger(*, since: datetime, settled_at: datetime | None = None) -> list[DoorAccount]:
    """Each door's account from then on. What was reported after ``settled_at`` is not held open; by default all is.

    Raises:
        StoreUnavailableError: as ``write_ledger``.
    """
    now = clock.now()
    reports, receipts = ledger.list_ledger(since - _EARLIER, now)
    own = [report for report in reports if report.made_at >= since]
    doors = {report.door for report in own} | {receipt.door for at, receipt in receipts if at >= since}
    theirs = [(at, receipt) for at, receipt in receipts if receipt.door in doors]
    return balance(own, theirs, settled_at=settled_at or now + timedelta(days=1))


def check_ledger() -> int:
    """Look at the last two hours, and alarm when they do not close; returns how many messages are open.

    Raises:
        StoreUnavailableError: as ``write_ledger``.
    """
    now = clock.now()
    accounts = read_ledger(since=now - LOOKED_AT, settled_at=now - SETTLED_AFTER)
    open_doors = [account for account in accounts if not account.is_closed]
    messages = sum(account.open_messages for account in open_doors)
    for account in open_doors:
        _log.error("ledger open", door=account.door, messages=account.open_messages, missing=account.missing[:20])
    _log.info("ledger looked at", doors=len(accounts), **embedded("LedgerOpen", len(open_doors), COUNT))
    return messages


def _sum(receipts: Sequence[Receipt]) -> Receipt:
    return Receipt(
        door=GATEWAY,
        sequence=0,
        events=sum(one.events for one in receipts),
        stored=sum(one.stored for one in receipts),
        duplicates=sum(one.duplicates for one in receipts),
        rejected=sum(one.rejected for one in receipts),
    )
