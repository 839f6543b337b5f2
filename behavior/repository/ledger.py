"""The events' ledger in the platform's own partitions: counts of messages and events, and no student (ADR 0027).

    PLATFORM#EVENTS#LEDGER#<hour>   RECEIPTS#<instant>#<batch>     what became of one batch's messages
    PLATFORM#EVENTS#LEDGER#<hour>   REPORT#<door>#<number>         what a door says that it sent

Receipts stand in the hour in which they were written, reports in the one in which they were made. Both leave the table
after ``KEPT_FOR``. A batch's receipts are one item, compressed: a write unit for 50 events or more.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from behavior.domain.ledger import KEPT_FOR, DoorReport, Receipt, parse_report, report_message
from edu.dynamo import table
from edu.dynamo.keys import Key, joined, platform_partition
from edu.dynamo.mapping import instant_text
from edu.tenancy import enter_platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HOUR = timedelta(hours=1)
_RECEIPTS, _REPORT = "RECEIPTS", "REPORT"


def put_receipts(batch: str, receipts: Sequence[Receipt], reports: Sequence[DoorReport], *, at: datetime) -> None:
    """Write a batch's receipts, and the reports that came with it. Idempotent for a batch of one name and instant.

    A report that came twice is written once: a call may name no item twice.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    items = [_report_item(report) for report in {(one.door, one.number): one for one in reports}.values()]
    if receipts:
        items.append(_receipts_item(batch, receipts, at))
    with enter_platform():
        table.write_batch(table.BatchWrite(puts=items))


def list_ledger(since: datetime, until: datetime) -> tuple[list[DoorReport], list[tuple[datetime, Receipt]]]:
    """The reports made, and the receipts written, between two instants; whole hours of them. Strongly consistent.

    Raises:
        StoreUnavailableError, AccessDeniedError: see ``put_receipts``.
    """
    reports: list[DoorReport] = []
    receipts: list[tuple[datetime, Receipt]] = []
    with enter_platform():
        for hour in _hours(since, until):
            for item in table.query_all(table.Query(_partition(hour), consistent=True, limit=1000)):
                if item["entity"] == "event_report":
                    reports.append(parse_report(json.loads(zlib.decompress(item["report"]))))
                else:
                    written_at = datetime.fromisoformat(item["written_at"])
                    receipts += [(written_at, receipt) for receipt in _receipts_of(item)]
    return reports, receipts


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        yield hour
        hour += _HOUR


def _partition(at: datetime) -> str:
    return platform_partition("EVENTS", "LEDGER", f"{at.astimezone(UTC):%Y-%m-%dT%H}")


def _receipts_item(batch: str, receipts: Sequence[Receipt], at: datetime) -> dict[str, Any]:
    rows: dict[str, list[tuple[int, ...]]] = {}
    for one in receipts:
        counts = (one.sequence, one.events, one.stored, one.duplicates, one.rejected, int(one.is_set_aside))
        rows.setdefault(one.door, []).append((*counts, one.settled, *one.failed))
    return {
        **Key(_partition(at), joined(_RECEIPTS, instant_text(at), batch)).as_attributes(),
        "entity": "event_receipts",
        "written_at": instant_text(at),
        "receipts": zlib.compress(json.dumps(rows, separators=(",", ":")).encode()),
        "expires_at": int((at + KEPT_FOR).timestamp()),
    }


def _receipts_of(item: dict[str, Any]) -> Iterator[Receipt]:
    rows: dict[str, list[list[int]]] = json.loads(zlib.decompress(item["receipts"]))
    for door, own in rows.items():
        for sequence, events, stored, duplicates, rejected, is_set_aside, settled, *failed in own:
            yield Receipt(
                door=door,
                sequence=sequence,
                events=events,
                stored=stored,
                duplicates=duplicates,
                rejected=rejected,
                is_set_aside=bool(is_set_aside),
                settled=settled,
                failed=tuple(failed),
            )


def _report_item(report: DoorReport) -> dict[str, Any]:
    return {
        **Key(_partition(report.made_at), joined(_REPORT, report.door, str(report.number))).as_attributes(),
        "entity": "event_report",
        "made_at": instant_text(report.made_at),
        "report": zlib.compress(json.dumps(report_message(report), separators=(",", ":")).encode()),
        "expires_at": int((report.made_at + KEPT_FOR).timestamp()),
    }
