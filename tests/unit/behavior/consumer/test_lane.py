"""What becomes of messages, whatever becomes of their events."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings
from structlog.testing import capture_logs

from behavior import services
from behavior.consumer import lane as lanes
from behavior.consumer.lane import BATCH_EVENTS, MOST_EVENTS, TRIES, Lane
from behavior.domain.events import STORE_EVENTS
from behavior.domain.ledger import (
    GATEWAY,
    REPORT_MESSAGES,
    DoorReport,
    MessageNumber,
    Receipt,
    number_message,
    report_message,
)
from behavior.services import Stored
from edu.aws.receiving import TOGETHER, QueueReceiver, ReceivedMessage
from edu.aws.sending import QueueCallError
from edu.deadlines import DeadlinePassedError
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.envelopes import write_envelope
from edu.queues import BEHAVIOR
from edu.tenancy import NoScopeError, current_scope, enter_school
from tests.support.events import part_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from behavior.domain.events import Part

    Outcomes = list[Stored | Exception]

DOOR = "00112233445566aa"
NOW = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)


def text_of(*parts: object, task: str = STORE_EVENTS, name: str = "m", sequence: int = 0) -> str:
    number = number_message(MessageNumber(DOOR, sequence, sequence - 1)) if sequence else {}
    keywords = json.dumps({"parts": list(parts), **number}).encode()
    return write_envelope(task=task, keywords=keywords, queue=BEHAVIOR.name, correlation_id=name)


def report_text(**changes: object) -> str:
    report = report_message(DoorReport(door=DOOR, number=1, made_at=NOW, accepted=((1, 3),), events={"norte": 3}))
    keywords = json.dumps({"report": report | changes}).encode()
    return write_envelope(task=REPORT_MESSAGES, keywords=keywords, queue=BEHAVIOR.name, correlation_id="r")


def events_of(school_id: str = "norte", count: int = 1, student_id: str = "est-1") -> dict[str, Any]:
    return part_of(school_id, student_id, [{"event_id": n} for n in range(count)])


class Queue(QueueReceiver):
    """Gives what was put in, a list a call, and notes what is done with it."""

    def __init__(self, *given: Sequence[str | ReceivedMessage], stop: threading.Event) -> None:
        self._given = [list(map(_received, enumerate(texts))) for texts in given]
        self._stop = stop
        self.removed: list[str] = []
        self.sent_back: list[tuple[str, int]] = []
        self.set_aside_for: dict[str, str] = {}
        self.shown: dict[str, int] = {}
        self.asked: list[int] = []
        self.fails = 0

    def receive(self, *, wait_s: int) -> list[ReceivedMessage]:
        self.asked.append(wait_s)
        if self.fails:
            self.fails -= 1
            raise QueueCallError("timeout")
        if not self._given:
            self._stop.set()
            return []
        return self._given.pop(0)

    def remove(self, messages: Sequence[ReceivedMessage]) -> None:
        self.removed += [message.message_id for message in messages]

    def send_back(self, message: ReceivedMessage, *, after_s: int) -> None:
        self.sent_back.append((message.message_id, after_s))

    def set_aside(self, message: ReceivedMessage, *, reason: str) -> None:
        self.set_aside_for[message.message_id] = reason

    def show_again(self, message: ReceivedMessage, *, after_s: int) -> None:
        self.shown[message.message_id] = after_s


def _received(numbered: tuple[int, str | ReceivedMessage]) -> ReceivedMessage:
    number, given = numbered
    return given if isinstance(given, ReceivedMessage) else ReceivedMessage(f"m{number}", given, f"r{number}")


class Table:
    """What becomes of each school's events; a school that is not named stores them."""

    def __init__(self) -> None:
        self.fails: dict[str, Exception] = {}
        self.poison: dict[str, Exception] = {}
        self.calls: list[list[str]] = []
        self.answers: list[bool] = []
        self.ledger_fails: Exception | None = None
        self.receipts: list[Receipt] = []
        self.reports: list[DoorReport] = []

    def store_by_school(self, parts: Sequence[Part]) -> Outcomes:
        self.calls.append([part.student_id for part in parts])
        for part in parts:
            if isinstance(self.poison.get(part.student_id), AccessDeniedError | DeadlinePassedError):
                raise self.poison[part.student_id]
        failed = dict(self.fails)
        failed |= {part.school_id: self.poison[part.student_id] for part in parts if part.student_id in self.poison}
        return [failed.get(part.school_id) or Stored(events=len(part.events)) for part in parts]

    def write_ledger(self, receipts: Sequence[Receipt], reports: Sequence[DoorReport]) -> None:
        if self.ledger_fails:
            raise self.ledger_fails
        self.receipts += receipts
        self.reports += reports

    def is_table_answering(self, _school_id: str) -> bool:
        return self.answers.pop(0) if self.answers else True


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    table = Table()
    for name in ("store_by_school", "is_table_answering", "write_ledger"):
        monkeypatch.setattr(services, name, getattr(table, name))
    monkeypatch.setattr(lanes, "_FIRST_PAUSE_S", 0.01)
    with override_settings(EVENT_BATCH_S=0, EVENT_RETRY_S=7):
        yield table


def run(*given: Sequence[str | ReceivedMessage], fails: int = 0) -> Queue:
    stop = threading.Event()
    queue = Queue(*given, stop=stop)
    queue.fails = fails
    Lane(queue, stop).run()
    return queue


def test_messages_are_stored_together_and_removed(table: Table) -> None:
    queue = run([text_of(events_of("norte")), text_of(events_of("sur"), events_of("norte"))])
    assert queue.removed == ["m0", "m1"]
    assert len(table.calls) == 1
    assert (queue.sent_back, queue.set_aside_for, queue.shown) == ([], {}, {})


def test_message_of_a_school_that_is_away_waits_and_others_do_not(table: Table) -> None:
    table.fails["sur"] = StoreUnavailableError()
    both, theirs = text_of(events_of("norte"), events_of("sur")), text_of(events_of("sur"))
    queue = run([text_of(events_of("norte")), both, theirs])
    assert queue.removed == ["m0"]
    assert queue.shown == {"m1": 7, "m2": 7}
    assert queue.sent_back == []


def test_table_that_is_away_pauses_until_it_answers(table: Table) -> None:
    table.fails["norte"] = StoreUnavailableError()
    table.answers = [False, False, True]
    queue = run([text_of(events_of()), text_of(events_of())])
    assert table.answers == []
    assert queue.shown.keys() == {"m0", "m1"}
    assert (queue.removed, queue.sent_back, queue.set_aside_for) == ([], [], {})


def test_fault_of_one_message_is_found_and_the_others_are_done(table: Table) -> None:
    table.poison["est-9"] = ValueError("something of ours")
    good, bad = text_of(events_of()), text_of(events_of(student_id="est-9"))
    queue = run([good, bad, good])
    assert queue.removed == ["m0", "m2"]
    assert queue.sent_back == [("m1", 7)]
    assert table.calls == [["est-1", "est-9", "est-1"], ["est-1"], ["est-9"], ["est-1"]]


def test_third_fault_sets_a_message_aside_with_its_reason(table: Table) -> None:
    table.poison["est-9"] = ValueError("est-9 is a child")
    tried = ReceivedMessage("m7", text_of(events_of(student_id="est-9")), "r", faults=TRIES - 1)
    queue = run([tried])
    assert queue.set_aside_for == {"m7": "ValueError"}
    assert (queue.sent_back, queue.removed) == ([], [])


def test_message_that_no_note_fits_beside_is_set_aside_at_once() -> None:
    queue = run([ReceivedMessage("m7", "x" * 1_048_576, "r")])
    assert (list(queue.set_aside_for), queue.sent_back) == (["m7"], [])


def test_record_counts_what_was_stored_message_by_message(table: Table) -> None:
    table.poison["est-9"] = ValueError()
    with capture_logs() as lines:
        run([text_of(events_of(count=5)), text_of(events_of(student_id="est-9"))])
    [record] = [line for line in lines if line["event"] == "events stored"]
    assert (record["events"], record["at_fault"]) == (5, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no es JSON", "no JSON"),
        (text_of(events_of(), task="behavior.nothing"), "task"),
        (text_of(), "message without parts, or of too many"),
        (text_of(part_of("*", "est-1", [{}])), "part of a message: school_id"),
        (text_of(events_of(), part_of("norte", "", [{}])), "part of a message: student_id"),
    ],
)
def test_message_that_nobody_can_store_is_set_aside(table: Table, text: str, reason: str) -> None:
    queue = run([text_of(events_of()), ReceivedMessage("bad", text, "r", faults=TRIES - 1)])
    assert queue.set_aside_for == {"bad": reason}
    assert queue.removed == ["m0"]
    assert len(table.calls[0]) == (
        2 if reason.endswith("student_id") else 1
    )  # what is good of it is stored all the same


def test_message_that_brings_us_to_anothers_partition_is_found(table: Table) -> None:
    table.poison["est-9"] = AccessDeniedError()
    queue = run([text_of(events_of()), text_of(events_of(student_id="est-9"))])
    assert queue.removed == ["m0"]
    assert queue.sent_back == [("m1", 7)]


def test_batch_that_has_used_up_its_time_comes_again(table: Table) -> None:
    table.poison["est-9"] = DeadlinePassedError()
    queue = run([text_of(events_of()), text_of(events_of(student_id="est-9"))])
    assert (queue.removed, queue.sent_back) == ([], [])
    assert queue.shown == {"m0": 7, "m1": 7}


def test_batch_is_waited_for_until_it_has_its_events_or_its_time() -> None:
    with override_settings(EVENT_BATCH_S=5, SQS_WAIT_TIME_S=9):
        half = [text_of(events_of(count=BATCH_EVENTS // 2))]
        queue = run(half, half, half, [])
    assert queue.asked[:3] == [9, 5, 9]  # the third begins a batch of its own
    assert queue.removed == ["m0"] * 3


def test_full_queue_is_taken_from_until_a_batch_is_full() -> None:
    with override_settings(EVENT_BATCH_S=5, SQS_WAIT_TIME_S=9):
        full = [text_of(events_of(count=MOST_EVENTS // 20))] * TOGETHER
        queue = run(full, full, full)
    assert queue.asked[:3] == [9, 0, 9]


def test_queue_that_does_not_answer_is_asked_again() -> None:
    queue = run([text_of(events_of())], fails=3)
    assert queue.removed == ["m0"]


def test_no_batch_inherits_or_leaves_a_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def store(_parts: object) -> Outcomes:
        try:
            seen.append(str(current_scope().school_id))
        except NoScopeError:
            seen.append("none")
        enter_school("norte").__enter__()
        return [Stored()]

    monkeypatch.setattr(services, "store_by_school", store)
    run([text_of(events_of())], [text_of(events_of())])
    assert seen == ["none", "none"]


def _receipt(sequence: int, events: int, **changes: Any) -> Receipt:
    counts = {"stored": events, "duplicates": 0, "rejected": 0, "settled": sequence - 1} | changes
    return Receipt(door=DOOR, sequence=sequence, events=events, **counts)


def test_ledger_has_a_receipt_of_every_message_that_is_taken_away(table: Table) -> None:
    texts = [
        text_of(events_of("norte", 2), events_of("sur"), sequence=7),
        text_of(events_of("sur"), sequence=8),
        text_of(events_of("sur", 4)),
        report_text(),
    ]
    queue = run(texts)
    assert queue.removed == ["m0", "m1", "m2", "m3"]
    assert table.receipts[:2] == [_receipt(7, 3), _receipt(8, 1)]
    assert (table.receipts[2].door, table.receipts[2].events) == (GATEWAY, 4)
    assert [(one.door, one.accepted, one.events) for one in table.reports] == [(DOOR, ((1, 3),), {"norte": 3})]


def test_nothing_is_taken_away_before_its_receipt_is_written(table: Table) -> None:
    table.ledger_fails = StoreUnavailableError("throttled")
    queue = run([text_of(events_of(), sequence=1), report_text()])
    assert queue.removed == []
    assert set(queue.shown) == {"m0", "m1"}
    assert (queue.sent_back, queue.set_aside_for) == ([], {})


def test_message_that_waits_or_is_tried_again_has_no_receipt_and_one_set_aside_is_told_as_such(table: Table) -> None:
    table.fails["norte"] = StoreUnavailableError("throttled")
    table.fails["sur"] = ValueError()
    text = text_of(events_of("sur"), sequence=3)
    last = ReceivedMessage("last", text, "r", faults=TRIES - 1)
    queue = run([text_of(events_of("norte"), sequence=1), text_of(events_of("sur"), sequence=2), last])
    assert set(queue.set_aside_for) == {"last"}
    assert table.receipts == [_receipt(3, 1, stored=0, is_set_aside=True)]


@pytest.mark.parametrize(
    ("keywords", "fault"),
    [
        ({"door": DOOR}, "arguments"),
        ({"sequence": 1}, "arguments"),
        ({"door": DOOR, "sequence": 0, "settled": 0, "failed": []}, "sequence"),
        ({"door": DOOR, "sequence": True, "settled": 0, "failed": []}, "sequence"),
        ({"door": DOOR, "sequence": 1, "settled": 1, "failed": []}, "settled"),
        ({"door": DOOR, "sequence": 1, "settled": 0, "failed": [0]}, "failed"),
        ({"door": DOOR, "sequence": 1, "settled": 0, "failed": [1] * 9}, "failed"),
        ({"door": "gateway", "sequence": 1, "settled": 0, "failed": []}, "door"),
        ({"door": [], "sequence": 1, "settled": 0, "failed": []}, "door"),
    ],
)
def test_number_that_no_door_gives_is_its_messages_fault(table: Table, keywords: dict[str, Any], fault: str) -> None:
    body = json.dumps({"parts": [events_of()], **keywords}).encode()
    text = write_envelope(task=STORE_EVENTS, keywords=body, queue=BEHAVIOR.name, correlation_id="m")
    queue = run([ReceivedMessage("bad", text, "r", faults=TRIES - 1)])
    assert queue.set_aside_for == {"bad": fault}
    assert table.calls in ([], [[]])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"door": "x"}, "door"),
        ({"more": 1}, "members"),
        ({"accepted": [[3, 1]]}, "accepted"),
        ({"accepted": [[1, 10**9]]}, "accepted"),
        ({"accepted": [[1]]}, "accepted"),
        ({"failed": ["1"]}, "failed"),
        ({"events": {"SCHOOL#x": 1}}, "events"),
        ({"events": {"norte": -1}}, "events"),
        ({"made_at_ms": 2**53}, "made_at_ms"),
    ],
)
def test_report_that_no_door_makes_is_its_messages_fault(table: Table, changes: dict[str, Any], fault: str) -> None:
    queue = run([ReceivedMessage("bad", report_text(**changes), "r", faults=TRIES - 1)])
    assert queue.set_aside_for == {"bad": fault}
    assert table.reports == []
