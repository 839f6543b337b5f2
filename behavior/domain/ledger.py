"""The events' ledger: what a door says it sent, against what the workers say became of it. Pure (ADR 0027).

Each process of the door numbers the messages it sends: 1, 2, 3. Once a minute it reports which of them the queue holds.
For each message that is done a worker writes a receipt. So a message that was lost is one that was reported and has no
receipt; and if the door was killed before it could report, one whose number is missing between others'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from edu import values

REPORT_MESSAGES = "behavior.report_messages"  # the task that a door's report names
KEPT_FOR = timedelta(days=35)  # longer than a message can wait, among the dead letters too
MOST_RANGES = 5_000
MOST_SCHOOLS = 5_000
MOST_FAILED = 8  # that a message names: the latest ones
NUMBER_FIELDS = frozenset({"door", "sequence", "settled", "failed"})
GATEWAY = "gateway"  # where the API Gateway's messages, which have no numbers, are counted
_DOOR = re.compile(r"[0-9a-f]{16}")
_LARGEST = 2**53
_FIELDS = {"door", "number", "made_at_ms", "accepted", "failed", "events"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Ranges = tuple[tuple[int, int], ...]


class InvalidReportError(ValueError):
    """A report or a message's number that no door of ours made; it says which member is wrong, and repeats no value."""


@dataclass(frozen=True, slots=True)
class MessageNumber:
    """Which process of the door sent a message, and which of its messages this was, from 1.

    When it began to be sent, all numbers up to ``settled`` had ended, and of the latest ones ``failed`` had not been
    taken. So a door that is killed leaves no more in doubt than what it was sending just then.
    """

    door: str
    sequence: int
    settled: int = 0
    failed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorReport:
    """What became of the messages that a door's process began to send since its report before.

    ``accepted`` are first and last numbers of messages that the queue holds, ``failed`` numbers of messages whose
    callers were told 503: the queue may hold them all the same. ``events`` counts each school's in the accepted ones.
    ``number`` counts the process's reports from 1.
    """

    door: str
    number: int
    made_at: datetime
    accepted: Ranges = ()
    failed: tuple[int, ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message's events: each was stored, was there already, or was rejected; or it was set aside.

    One that is delivered again after its events were stored finds all of them there. ``settled`` and ``failed`` are
    what the message said of those before it (``MessageNumber``).
    """

    door: str
    sequence: int
    events: int
    stored: int
    duplicates: int
    rejected: int
    is_set_aside: bool = False
    settled: int = 0
    failed: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it tells of every event."""
        return self.is_set_aside or self.events == self.stored + self.duplicates + self.rejected


@dataclass(frozen=True, kw_only=True)
class DoorAccount:
    """A door's messages in the time looked at. The ledger is closed when ``is_closed``.

    ``missing``: the queue held them, and no worker says what became of them. ``unexplained``: the same of numbers that
    the door was killed before it could report; messages after them say that they were taken. ``in_doubt``: the door was
    sending them when it was killed; nobody was told that they were taken, unless in that very moment.
    ``set_aside`` wait among the dead letters. ``partial`` receipts do not tell of every event. ``lost_reports`` are
    numbers of reports; ``differing`` those whose events are others than its messages' receipts tell of.
    """

    door: str
    messages: int
    events: int
    stored: int
    duplicates: int
    rejected: int
    missing: Ranges = ()
    unexplained: Ranges = ()
    in_doubt: Ranges = ()
    set_aside: Ranges = ()
    partial: Ranges = ()
    lost_reports: Ranges = ()
    differing: Ranges = ()

    @property
    def open_messages(self) -> int:
        """How many messages are not accounted for."""
        return sum(last - first + 1 for first, last in (*self.missing, *self.unexplained, *self.partial))

    @property
    def is_closed(self) -> bool:
        """Whether all is accounted for; a message among the dead letters is: a person has it before them."""
        return not (self.open_messages or self.lost_reports or self.differing)


def balance(
    reports: Iterable[DoorReport], receipts: Iterable[tuple[datetime, Receipt]], *, settled_at: datetime
) -> list[DoorAccount]:
    """Each door's account. What was reported after ``settled_at`` may still be on its way, and is not held open."""
    reports_of: dict[str, list[DoorReport]] = {}
    receipts_of: dict[str, list[tuple[datetime, Receipt]]] = {}
    for report in reports:
        reports_of.setdefault(report.door, []).append(report)
    for at, receipt in receipts:
        receipts_of.setdefault(receipt.door, []).append((at, receipt))
    doors = sorted(reports_of.keys() | receipts_of.keys())
    return [_account(door, reports_of.get(door, []), receipts_of.get(door, []), settled_at) for door in doors]


def _account(
    door: str, reports: list[DoorReport], receipts: list[tuple[datetime, Receipt]], settled_at: datetime
) -> DoorAccount:
    if door == GATEWAY:  # its messages have no numbers
        own = [receipt for _at, receipt in receipts]
        return _summed(door, own, partial=((0, 0),) if any(not receipt.is_whole for receipt in own) else ())
    first: dict[int, Receipt] = {}
    for _at, receipt in sorted(receipts, key=lambda one: (one[1].is_set_aside, one[0])):
        first.setdefault(receipt.sequence, receipt)  # what was set aside and sent again is done
    accepted = {number: report for report in reports for number in _numbers(report.accepted)}
    told = accepted.keys() | {number for report in reports for number in report.failed}
    failed = {number for _at, receipt in receipts for number in receipt.failed}  # of long ago too: no place to begin at
    settled = {number for number, report in accepted.items() if report.made_at < settled_at}
    old = [receipt for at, receipt in receipts if at < settled_at]
    ended = max((receipt.settled for receipt in old), default=0)
    untold = _between(told, {receipt.sequence for receipt in old}) - told - failed - first.keys()
    return _summed(
        door,
        list(first.values()),
        missing=as_ranges(settled - first.keys()),
        unexplained=as_ranges(number for number in untold if number <= ended),
        in_doubt=as_ranges(number for number in untold if number > ended),
        set_aside=as_ranges(number for number, receipt in first.items() if receipt.is_set_aside),
        partial=as_ranges(number for number, receipt in first.items() if not receipt.is_whole),
        lost_reports=_lost_reports(reports, settled_at),
        differing=as_ranges(report.number for report in reports if _differs(report, first)),
    )


def _summed(door: str, receipts: list[Receipt], **faults: Ranges) -> DoorAccount:
    return DoorAccount(
        door=door,
        messages=len(receipts),
        events=sum(receipt.events for receipt in receipts),
        stored=sum(receipt.stored for receipt in receipts),
        duplicates=sum(receipt.duplicates for receipt in receipts),
        rejected=sum(receipt.rejected for receipt in receipts),
        **faults,
    )


def _between(told: set[int], received: set[int]) -> set[int]:
    """The numbers that a door has used for certain, as far as the time looked at shows.

    Its reports leave none out; so it is those up to the last one received, from the first that was told of, or from 1
    when it was killed before its first report. Without either a receipt is a late one of a time before.
    """
    first = min(told, default=1 if 1 in received else None)
    return set() if first is None else set(range(first, max(told | received) + 1))


def _lost_reports(reports: list[DoorReport], settled_at: datetime) -> Ranges:
    numbers = {report.number for report in reports}
    last = max((report.number for report in reports if report.made_at < settled_at), default=0)
    return as_ranges(set(range(min(numbers, default=1), last)) - numbers)


def _differs(report: DoorReport, receipts: Mapping[int, Receipt]) -> bool:
    """Whether the receipts of all its messages are there and tell of another number of events."""
    own = [receipts.get(number) for number in _numbers(report.accepted)]
    found = [receipt for receipt in own if receipt and not receipt.is_set_aside]
    return len(found) == len(own) and sum(receipt.events for receipt in found) != sum(report.events.values())


def as_ranges(numbers: Iterable[int]) -> Ranges:
    """Numbers as first and last ones of runs without a gap, in their order."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


def _numbers(ranges: Ranges) -> Iterable[int]:
    return (number for first, last in ranges for number in range(first, last + 1))


def report_message(report: DoorReport) -> dict[str, object]:
    """A report as JSON values; ``parse_report`` reads it back."""
    return {
        "door": report.door,
        "number": report.number,
        "made_at_ms": (report.made_at - _EPOCH) // timedelta(milliseconds=1),
        "accepted": report.accepted,
        "failed": report.failed,
        "events": report.events,
    }


def number_message(number: MessageNumber) -> dict[str, object]:
    """A message's number as JSON values; ``parse_number`` reads it back."""
    return {
        "door": number.door,
        "sequence": number.sequence,
        "settled": number.settled,
        "failed": number.failed,
    }


def parse_number(raw: Mapping[str, object]) -> MessageNumber:
    """The number that a message says it has, by its ``NUMBER_FIELDS``.

    Raises:
        InvalidReportError: it is none of ours.
    """
    failed = raw["failed"]
    if not isinstance(failed, list) or len(failed) > MOST_FAILED:
        raise InvalidReportError("failed")
    sequence = _count(raw["sequence"], "sequence", least=1)
    settled = _count(raw["settled"], "settled")
    if settled >= sequence:
        raise InvalidReportError("settled")
    return MessageNumber(_door(raw["door"]), sequence, settled, tuple(_count(one, "failed", least=1) for one in failed))


def _door(raw: object) -> str:
    if not isinstance(raw, str) or not _DOOR.fullmatch(raw):
        raise InvalidReportError("door")
    return raw


def parse_report(raw: object) -> DoorReport:
    """The report that a door's message holds.

    Raises:
        InvalidReportError: a member is missing or wrong, or there is another one.
    """
    if not isinstance(raw, Mapping) or raw.keys() != _FIELDS:
        raise InvalidReportError("members")
    door, number = _door(raw["door"]), _count(raw["number"], "number", least=1)
    accepted, failed, events = raw["accepted"], raw["failed"], raw["events"]
    if not isinstance(accepted, list) or not isinstance(failed, list) or len(accepted) + len(failed) > MOST_RANGES:
        raise InvalidReportError("accepted")
    if not isinstance(events, Mapping) or len(events) > MOST_SCHOOLS or not all(map(values.is_school_id, events)):
        raise InvalidReportError("events")
    try:
        made_at = _EPOCH + timedelta(milliseconds=_count(raw["made_at_ms"], "made_at_ms"))
    except OverflowError:
        raise InvalidReportError("made_at_ms") from None
    return DoorReport(
        door=door,
        number=number,
        made_at=made_at,
        accepted=tuple(map(_range, accepted)),
        failed=tuple(_count(one, "failed", least=1) for one in failed),
        events={school_id: _count(count, "events") for school_id, count in events.items()},
    )


def _range(raw: object) -> tuple[int, int]:
    if not isinstance(raw, list) or len(raw) != 2:  # noqa: PLR2004 - a first and a last one
        raise InvalidReportError("accepted")
    first, last = (_count(one, "accepted", least=1) for one in raw)
    if not first <= last < first + 10**6:
        raise InvalidReportError("accepted")
    return first, last


def _count(raw: object, name: str, *, least: int = 0) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= _LARGEST:
        raise InvalidReportError(name)
    return raw
