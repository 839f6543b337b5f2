"""``make bench-drain``: the worker of events empties a full queue, beside raw writes of the same items in the same run.

``raw`` is boto3's ``BatchWriteItem``, 25 items a call, as many threads as the worker has, with the same schools'
credentials: nothing is read, checked or told apart. It takes turns with the worker, before and after each drain; the
worker's pace is what its records say between the beginning of its first batch and the end of its last. The queue is
full before it starts. Everything goes to one emulator on this machine, which puts off its lake's files for the run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from behavior.domain.events import STORE_EVENTS
from behavior.domain.ledger import REPORT_MESSAGES, DoorReport, MessageNumber, number_message, report_message
from deploy.emulator.process import EmulatorProcess
from deploy.local.layout import Layout, Ports, read_environment
from edu.envelopes import write_envelope
from edu.queues import BEHAVIOR
from tests.bench.load import wait_until_idle
from tests.bench.writers import writer_of
from tests.support.bare_system import BareSystem
from tests.support.events_ledger import ledger_says, write_units_of_ledger
from tests.support.ports import free_port
from tests.support.results import tell
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploy.local.run import LocalSystem
    from deploy.local.services import Service

EVENTS, ALONE, RAW = 100_000, 20_000, 50_000
SCHOOLS, STUDENTS = 20, 5000
TOGETHER, IN_A_CALL = 50, 25
BARS = {"together": 0.75, "alone": 0.4}
_LATER_S = 3600.0
_LONGEST_S = 600.0
_SENT_TOGETHER = 10


class _Records:
    """The worker's records of its batches, read as they are written: asking the queue would cost the emulator."""

    def __init__(self, log: Path) -> None:
        self._log, self._read, self._half = log, 0, b""
        self.batches: list[dict[str, Any]] = []

    def events(self) -> int:
        """How many were stored so far."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            found = log.read()
        self._read += len(found)
        *lines, self._half = (self._half + found).split(b"\n")
        self.batches += [json.loads(line) for line in lines if b'"events stored"' in line]
        return sum(batch["events"] for batch in self.batches)


class Drain:
    """The queue, the worker, and the table."""

    def __init__(self, system: LocalSystem, worker: Service) -> None:
        self._system, self._worker = system, worker
        self._stack = read_environment(system.layout.state_dir / "stack.env")
        self._sqs, self._queue = system.emulator.client("sqs"), self._stack["LIBRETA_BEHAVIOR_QUEUE_URL"]
        self._table, self._root = self._stack["LIBRETA_TABLE_NAME"], system.emulator.client("dynamodb")
        schools = [f"escuela-{number:02}" for number in range(SCHOOLS)]
        self._writers = {school: writer_of(system, self._stack, school) for school in schools}
        self._items: dict[str, list[dict[str, Any]]] = {}

    def fill(self, events: int, *, each: int) -> None:
        """Put so many events into the queue, ``each`` of them a message, of all students in turn."""
        door = uuid.uuid4().hex[:16]
        texts = [_message(number, each, door) for number in range(events // each)]
        texts.append(_report(door, events // each, events))
        together = 1 if each > 1 else _SENT_TOGETHER  # a call's messages have 1 MiB together
        calls = [texts[start : start + together] for start in range(0, len(texts), together)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(self._send, calls))

    def empty(self, events: int) -> float:
        """Have the worker empty the queue; how many events it stored a second."""
        self._quiet()
        log = self._system.layout.log_path(self._worker.name)
        log.unlink(missing_ok=True)
        self._worker.start(self._system.layout, self._system.environment)
        try:
            records = _Records(log)
            wait_until(lambda: records.events() >= events, what="all events to be stored", timeout_s=_LONGEST_S)
        finally:
            self._worker.stop()
        batches = records.batches
        ends = [datetime.fromisoformat(batch["timestamp"]) for batch in batches]
        begins = [end - timedelta(milliseconds=batch["duration_ms"]) for end, batch in zip(ends, batches, strict=True)]
        if records.events() != events:
            raise RuntimeError(f"{records.events()} of {events} events were stored")
        return events / (max(ends) - min(begins)).total_seconds()

    def write_raw(self, items: int) -> float:
        """Write so many items like those that the worker wrote; how many a second."""
        self._items = self._items or self._found()
        calls = [(school, batch) for school, own in self._items.items() for batch in _batches(own, items // SCHOOLS)]
        self._quiet()
        began = time.perf_counter()
        with ThreadPoolExecutor(BEHAVIOR.threads) as threads:
            list(threads.map(self._write, calls))
        return sum(len(batch) for _school, batch in calls) / (time.perf_counter() - began)

    def ledger_closes(self) -> bool:
        """Whether the ledger accounts for every message."""
        code, words = ledger_says({**self._system.environment, **self._stack})
        if code:
            sys.stdout.write(words)
        return code == 0

    def ledger_units(self) -> int:
        """What the ledger cost."""
        return write_units_of_ledger(self._root, self._table)

    def _send(self, texts: list[str]) -> None:
        entries: Any = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
        self._sqs.send_message_batch(QueueUrl=self._queue, Entries=entries)

    def _found(self) -> dict[str, list[dict[str, Any]]]:
        """Items of each school that the worker wrote."""
        pages = self._root.get_paginator("scan").paginate(
            TableName=self._table, PaginationConfig={"MaxItems": 40 * IN_A_CALL * SCHOOLS}
        )
        found: dict[str, list[dict[str, Any]]] = {school: [] for school in self._writers}
        for page in pages:
            for item in page["Items"]:
                if item["entity"]["S"] == "behavior_event":
                    found[item["school_id"]["S"]].append(item)
        return found

    def _write(self, call: tuple[str, list[dict[str, Any]]]) -> None:
        school, items = call
        requests: Any = {self._table: [{"PutRequest": {"Item": item}} for item in items]}
        answer = self._writers[school].batch_write_item(RequestItems=requests)
        assert not answer.get("UnprocessedItems")

    def _quiet(self) -> None:
        pid = self._system.emulator.pid
        assert pid is not None
        wait_until_idle(pid)


def _message(number: int, events: int, door: str) -> str:
    """A message as the door makes it of ``events`` single requests of different students."""
    parts = []
    now_ms = int(time.time() * 1000)
    occurred_at = datetime.now().astimezone().isoformat()
    for place in range(events):
        student = (number * events + place) % STUDENTS
        event = {"event_id": str(uuid.uuid4()), "kind": "participation", "occurred_at": occurred_at, "value": 2.5}
        part = {"school_id": f"escuela-{student % SCHOOLS:02}", "student_id": f"est-{student:05}"}
        parts.append(part | {"arrived_at_ms": now_ms, "events": [event]})
    own = number_message(MessageNumber(door, number + 1, number))
    keywords = json.dumps({"parts": parts, **own}).encode()
    return write_envelope(task=STORE_EVENTS, keywords=keywords, queue=BEHAVIOR.name, correlation_id=uuid.uuid4().hex)


def _report(door: str, messages: int, events: int) -> str:
    """The door's report of all of them."""
    counts = {f"escuela-{number:02}": events // SCHOOLS for number in range(SCHOOLS)}
    report = DoorReport(door=door, number=1, made_at=datetime.now(UTC), accepted=((1, messages),), events=counts)
    keywords = json.dumps({"report": report_message(report)}).encode()
    return write_envelope(task=REPORT_MESSAGES, keywords=keywords, queue=BEHAVIOR.name, correlation_id=uuid.uuid4().hex)


def _batches(items: list[dict[str, Any]], count: int) -> Iterable[list[dict[str, Any]]]:
    """So many of a school's items, with ids that are new, 25 together."""
    made = []
    for number in range(count):
        item, event_id = items[number % len(items)], {"S": str(uuid.uuid4())}
        made.append(item | {"sk": event_id, "event_id": event_id})
    return [made[start : start + IN_A_CALL] for start in range(0, count, IN_A_CALL)]


def measure(drain: Drain, *, events: int = EVENTS, alone: int = ALONE, raw: int = RAW) -> dict[str, Any]:
    """Both drains, with raw writes before, between and after."""
    drain.fill(1000, each=TOGETHER)
    drain.empty(1000)  # the raw items are made of these
    raws, paces = [drain.write_raw(raw)], {}
    for name, (count, each) in {"together": (events, TOGETHER), "alone": (alone, 1)}.items():
        drain.fill(count, each=each)
        paces[name] = drain.empty(count)
        raws.append(drain.write_raw(raw))
    figures: dict[str, Any] = {f"{name}_a_second": round(pace) for name, pace in paces.items()}
    stored = 1000 + events + alone
    return figures | {
        "ledger_closes": drain.ledger_closes(),
        "ledger_units_an_event": round(drain.ledger_units() / stored, 4),
        "raw_a_second": [round(pace) for pace in raws],
        "raw_median_a_second": round(statistics.median(raws)),
    }


def judge(figures: dict[str, Any]) -> dict[str, Any]:
    """The issue's bars, and whether each is met."""
    ratios = {name: figures[f"{name}_a_second"] / figures["raw_median_a_second"] for name in BARS}
    met = {f"{name} at least {bar:g} of raw": ratios[name] >= bar for name, bar in BARS.items()}
    met["the ledger closes"] = figures["ledger_closes"]
    return {**{f"{name}_of_raw": round(ratio, 2) for name, ratio in ratios.items()}, "met": met}


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as state_dir:
        system = BareSystem(Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port())))
        options = replace(system.emulator.options, persist=False, delivery_interval_s=_LATER_S, ttl_interval_s=_LATER_S)
        system.emulator = EmulatorProcess(options)
        [worker] = [service for service in system.services if service.name == BEHAVIOR.worker]
        system.services = []
        system.environment |= {"LIBRETA_EVENT_BATCH_S": "5"}
        try:
            system.start()
            figures = measure(Drain(system, worker))
        finally:
            system.stop()
    figures |= judge(figures)
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
