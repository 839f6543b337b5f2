"""The ledger closes exactly when every message is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from behavior.domain.ledger import (
    GATEWAY,
    DoorAccount,
    DoorReport,
    Receipt,
    as_ranges,
    balance,
    parse_report,
    report_message,
)

NOW = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)
DOOR = "00112233445566aa"


def report(*accepted: tuple[int, int], number: int = 1, at: datetime = NOW, **changes: Any) -> DoorReport:
    events = {"norte": sum(last - first + 1 for first, last in accepted)}
    made: dict[str, Any] = {"door": DOOR, "number": number, "made_at": at, "accepted": accepted, "events": events}
    return DoorReport(**made | changes)


def receipt(sequence: int, at: datetime = NOW, **changes: Any) -> tuple[datetime, Receipt]:
    counts = {"events": 1, "stored": 1, "duplicates": 0, "rejected": 0}
    made: dict[str, Any] = {"door": DOOR, "sequence": sequence, "settled": sequence - 1, **counts}
    return at, Receipt(**made | changes)


def account(reports: list[DoorReport], receipts: list[tuple[datetime, Receipt]], settled_s: int = -60) -> DoorAccount:
    [only] = balance(reports, receipts, settled_at=NOW - timedelta(seconds=settled_s))
    return only


def test_all_accounted_for_is_closed() -> None:
    found = account(
        [report((1, 3), failed=(4,)), report((5, 5), number=2)],
        [receipt(1), receipt(2, stored=0, duplicates=1), receipt(3, stored=0, rejected=1), receipt(5)],
    )
    assert found.is_closed
    assert (found.messages, found.events, found.stored, found.duplicates, found.rejected) == (4, 4, 2, 1, 1)


@pytest.mark.parametrize(
    ("reports", "receipts", "open_part"),
    [
        ([report((1, 3))], [receipt(1), receipt(3)], {"missing": ((2, 2),)}),
        ([report((1, 3))], [], {"missing": ((1, 3),)}),
        ([], [receipt(1), receipt(4)], {"unexplained": ((2, 3),)}),  # killed before its first report
        ([report((1, 2))], [receipt(1), receipt(2), receipt(5)], {"unexplained": ((3, 4),)}),  # killed after one
        ([report((1, 1)), report((2, 2), number=3)], [receipt(1), receipt(2)], {"lost_reports": ((2, 2),)}),
        ([report((1, 1))], [receipt(1, stored=0)], {"partial": ((1, 1),)}),
        ([report((1, 1), events={"norte": 2})], [receipt(1)], {"differing": ((1, 1),)}),
    ],
)
def test_what_is_open_is_named(
    reports: list[DoorReport], receipts: list[tuple[datetime, Receipt]], open_part: dict[str, Any]
) -> None:
    found = account(reports, receipts)
    assert not found.is_closed
    assert {name: getattr(found, name) for name in open_part} == open_part


def test_what_a_killed_door_was_sending_is_in_doubt_and_not_open() -> None:
    found = account([report((1, 2))], [receipt(1), receipt(2), receipt(5, settled=2), receipt(6, settled=2)])
    assert (found.unexplained, found.in_doubt, found.is_closed) == ((), ((3, 4),), True)
    later = account([report((1, 2))], [receipt(1), receipt(2), receipt(5, settled=2), receipt(6, settled=3)])
    assert (later.unexplained, later.in_doubt, later.is_closed) == (((3, 3),), ((4, 4),), False)


def test_what_a_message_says_of_failed_ones_explains_them() -> None:
    found = account([report((1, 2))], [receipt(1), receipt(2), receipt(5, failed=(3, 4))])
    assert (found.unexplained, found.in_doubt, found.is_closed) == ((), (), True)


def test_failure_of_long_ago_that_messages_still_tell_of_opens_nothing() -> None:
    found = account([report((10_000, 10_100))], [receipt(n, failed=(5,)) for n in range(10_000, 10_101)])
    assert (found.unexplained, found.is_closed) == ((), True)


def test_failed_message_that_the_queue_held_all_the_same_closes() -> None:
    assert account([report((1, 1), failed=(2,))], [receipt(1), receipt(2)]).is_closed


def test_message_delivered_twice_counts_once() -> None:
    later = NOW + timedelta(seconds=5)
    found = account([report((1, 1))], [receipt(1, later, stored=0, duplicates=1), receipt(1)])
    assert found.is_closed
    assert (found.messages, found.stored, found.duplicates) == (1, 1, 0)


def test_what_was_set_aside_is_named_and_not_open_and_done_once_it_is_sent_again() -> None:
    aside = receipt(1, stored=0, is_set_aside=True)
    waiting = account([report((1, 1))], [aside])
    assert waiting.is_closed
    assert waiting.set_aside == ((1, 1),)
    done = account([report((1, 1))], [aside, receipt(1, NOW + timedelta(hours=1))])
    assert (done.set_aside, done.stored) == ((), 1)


def test_what_was_sent_a_moment_ago_is_not_held_open() -> None:
    assert account([report((1, 3))], [receipt(1)], settled_s=60).is_closed
    assert account([], [receipt(1), receipt(4)], settled_s=60).is_closed


def test_receipt_of_a_time_before_opens_nothing() -> None:
    assert account([], [receipt(5), receipt(900)]).is_closed


def test_gateways_messages_have_no_numbers_and_are_summed() -> None:
    found = account([], [receipt(0, door=GATEWAY, events=3, stored=3), receipt(0, door=GATEWAY, events=2, stored=2)])
    assert (found.door, found.events, found.is_closed) == (GATEWAY, 5, True)
    assert not account([], [receipt(0, door=GATEWAY, events=3, stored=2)]).is_closed


def test_doors_are_told_apart() -> None:
    other = "ffffffffffffffff"
    found = balance([report((1, 1)), report((1, 1), door=other)], [receipt(1)], settled_at=NOW + timedelta(seconds=1))
    assert [(one.door, one.is_closed) for one in found] == [(DOOR, True), (other, False)]


_NUMBERS = st.sets(st.integers(1, 60))


@given(st.integers(1, 60), _NUMBERS, _NUMBERS, st.lists(st.integers(1, 59), max_size=6))
def test_exactly_the_lost_messages_are_missing(last: int, lost: set[int], failed: set[int], cuts: list[int]) -> None:
    """However the door's messages are cut into reports, and whichever of them the workers never saw."""
    failed = {number for number in failed if number <= last}
    bounds = sorted({0, last, *(cut for cut in cuts if cut < last)})
    reports = []
    for number, (begin, end) in enumerate(pairwise(bounds), 1):
        own = set(range(begin + 1, end + 1))
        reports.append(report(*as_ranges(own - failed), number=number, failed=tuple(sorted(own & failed))))
    accepted = set(range(1, last + 1)) - failed
    found = account(reports, [receipt(number) for number in accepted - lost])
    assert found.missing == as_ranges(accepted & lost)
    assert (found.unexplained, found.lost_reports, found.differing) == ((), (), ())
    assert found.is_closed == (not accepted & lost)


def test_report_survives_its_message() -> None:
    made = report((1, 3), (7, 7), failed=(4, 5))
    message = report_message(made)
    assert parse_report({**message, "accepted": [[1, 3], [7, 7]], "failed": [4, 5]}) == made
