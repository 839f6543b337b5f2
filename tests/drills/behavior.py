"""``make drill-behavior``: devices send events while everything between them and the table fails in turn.

Workers get ``kill -9``, the door is stopped and killed, the emulated cloud restarts, a tenth of the table's writes
are throttled, the table is gone for two minutes and SQS hangs. Devices send again whatever was not answered with 202,
and now and then what was. In the end each acknowledged event must be in the table once and in the lake at most once,
and nothing among the dead letters but the poison that was put into the queue, and the ledger must close. With
``--plant`` a worker or a door that is wrong on purpose runs instead: then the drill must fail.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
from botocore.exceptions import BotoCoreError

from deploy.local.layout import Layout, Ports, read_environment
from deploy.local.services import Service, granian
from edu.queues import BEHAVIOR
from tests.support.bare_system import BareSystem
from tests.support.events_ledger import ledger_says, write_units_of_ledger
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, running_issuer
from tests.support.ports import free_port
from tests.support.proxy import proxied
from tests.support.queue_depth import depth_of
from tests.support.results import tell
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from deploy.local.run import LocalSystem
    from tests.support.proxy import Answer

EVENTS_PATH = "/api/v1/behavior"
SEEDS = (1, 2, 3)
DEVICES, SCHOOLS, WORKERS, POISON = 16, 4, 2, 3
LONGEST_LIST, SENT_AGAIN, THROTTLED = 20, 0.03, 0.1
LEDGER_UNITS = 0.05
EARLY_ACKNOWLEDGEMENT, ANSWER_BEFORE_SQS = "early-acknowledgement", "answer-before-sqs"
_VISIBILITY_S = "10"
_DRAINED_S, _LAKE_S = 300.0, 60.0
_WRITES = frozenset({"BatchWriteItem", "TransactWriteItems", "PutItem"})
_AWAY = b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"drill"}'


@dataclass(frozen=True)
class Plan:
    """How much of everything, in seconds but for ``events`` and ``kills`` (of workers, at least)."""

    events: int = 20_000
    kills: int = 20
    sending_s: float = 100.0
    gone_s: float = 120.0
    hang_s: float = 10.0


SHORT = Plan(events=1500, kills=4, sending_s=12.0, gone_s=4.0, hang_s=3.0)


class Faults:
    """What the wire does to the calls of door and workers."""

    def __init__(self, seed: int) -> None:
        self._dice, self._lock = random.Random(seed), threading.Lock()  # noqa: S311 - a drill is repeatable
        self.table_is_gone = threading.Event()
        self._sqs_answers = threading.Event()
        self._sqs_answers.set()
        self.counts: Counter[str] = Counter()

    def hang(self, seconds: float) -> None:
        """Let SQS answer nobody for so long."""
        self._sqs_answers.clear()
        time.sleep(seconds)
        self._sqs_answers.set()

    def meet(self, headers: Message, body: bytes) -> Answer | None:
        """Answer a call in the cloud's stead, or hold it."""
        service, _, operation = headers.get("X-Amz-Target", "").partition(".")
        if service == "AmazonSQS" and not self._sqs_answers.is_set():
            self.counts["held"] += 1
            self._sqs_answers.wait(60)
        if not service.startswith("DynamoDB"):
            return None
        if self.table_is_gone.is_set():
            self.counts["gone"] += 1
            return 500, [], b'{"__type":"InternalServerError","message":"drill"}'
        with self._lock:
            throw = self._dice.random()
        if operation in _WRITES and throw < THROTTLED:
            self.counts["throttled"] += 1
            if operation == "BatchWriteItem" and throw < THROTTLED / 2:
                return 200, [], json.dumps({"UnprocessedItems": json.loads(body)["RequestItems"]}).encode()
            return 400, [], _AWAY
        return None


@dataclass
class Device:
    """One student's: sends until all it has is acknowledged."""

    url: str
    token: str
    dice: random.Random
    events: int
    seconds: float
    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)

    def work(self) -> None:
        """Send everything, at the pace that fills the time."""
        began, sent = time.monotonic(), 0
        last: list[dict[str, Any]] = []
        while sent < self.events:
            time.sleep(max(0.0, began + self.seconds * sent / self.events - time.monotonic()))
            count = self.dice.randint(1, LONGEST_LIST) if self.dice.random() < 0.5 else 1
            made = [_event() for _ in range(min(count, self.events - sent))]
            self._until_taken(made)
            self.acknowledged |= {event["event_id"] for event in made}
            sent += len(made)
            if last and self.dice.random() < SENT_AGAIN:
                self._until_taken(last)
            last = made

    def _until_taken(self, events: list[dict[str, Any]]) -> None:
        body = json.dumps(events if len(events) > 1 else events[0])
        while (status := self._post(body)) != "202":
            self.statuses[status] += 1
            time.sleep(self.dice.uniform(0.1, 0.6))
        self.statuses[status] += 1

    def _post(self, body: str) -> str:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=15)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            connection.request("POST", EVENTS_PATH, body, headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return "no answer"
        finally:
            connection.close()


class Drill:
    """The system under fire."""

    def __init__(self, system: LocalSystem, issuer: Issuer, plan: Plan, seed: int, plant: str) -> None:
        self.system, self._issuer, self.plan, self._plant = system, issuer, plan, plant
        self.dice, self.faults = random.Random(seed), Faults(seed)  # noqa: S311 - the same
        self.kills = 0
        self._stack = read_environment(system.layout.state_dir / "stack.env")

    def run(self) -> dict[str, Any]:
        """Send, break, mend, wait, and count."""
        with proxied(self.system.emulator.endpoint_url, before=self.faults.meet) as wire:
            self._environment = self.system.environment | {
                "AWS_ENDPOINT_URL": wire,
                "LIBRETA_JWKS_URL": self._issuer.url,
                "LIBRETA_JWT_ISSUER": ISSUER,
                "LIBRETA_USER_POOL_CLIENT_ID": CLIENT_ID,
                "LIBRETA_EVENT_BATCH_S": "1",
                "LIBRETA_EVENT_RETRY_S": "2",
                "LIBRETA_EVENT_REPORT_S": "3",
            }
            attributes = {"VisibilityTimeout": _VISIBILITY_S}
            self._sqs.set_queue_attributes(QueueUrl=self._stack["LIBRETA_BEHAVIOR_QUEUE_URL"], Attributes=attributes)
            self._door, self._workers = self._new_door(), [self._new_worker(number) for number in range(WORKERS)]
            for service in (self._door, *self._workers):
                self._start(service)
            try:
                devices = self._under_fire()
                self._wait_until_drained()
                self._door.stop()  # with its last report
                self._wait_until_drained()
            finally:
                for service in (self._door, *self._workers):
                    service.stop()
        return self._counted(devices)

    def _under_fire(self) -> list[Device]:
        devices = [
            Device(
                url=self.system.layout.ports.url("events"),
                token=self._token(number),
                dice=random.Random(self.dice.random()),  # noqa: S311 - the same
                events=self.plan.events // DEVICES,
                seconds=self.plan.sending_s,
            )
            for number in range(DEVICES)
        ]
        threads = [threading.Thread(target=device.work) for device in devices]
        outages: list[tuple[float, Callable[[], object]]] = [
            (0.15, lambda: self.faults.hang(self.plan.hang_s)),
            (0.70, self._without_table),
            *((self.dice.random(), self._send_poison) for _ in range(POISON)),
        ]
        threads += [threading.Thread(target=self._at, args=step) for step in outages]
        for thread in threads:
            thread.start()
        self._end_processes_while(threads)
        return devices

    def _at(self, share: float, act: Callable[[], object]) -> None:
        time.sleep(share * self.plan.sending_s)
        act()

    def _end_processes_while(self, threads: list[threading.Thread]) -> None:
        """In this thread: a process that we start ends with the thread that started it."""
        began, every_s = time.monotonic(), self.plan.sending_s / (self.plan.kills + 2)
        restarts = [(0.30, self._restart_door), (0.45, self._restart_cloud), (0.60, self._kill_door)]
        while restarts or any(thread.is_alive() for thread in threads):
            time.sleep(every_s * self.dice.uniform(0.5, 1.5))
            self._kill(worker := self.dice.choice(self._workers))
            self._start(worker)
            self.kills += 1
            if restarts and time.monotonic() > began + restarts[0][0] * self.plan.sending_s:
                restarts.pop(0)[1]()

    def _kill(self, service: Service) -> None:
        assert service.process
        os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()

    def _start(self, service: Service) -> None:
        service.start(self.system.layout, self._environment)

    def _restart_door(self) -> None:
        self._door.stop()
        self._start(self._door)

    def _kill_door(self) -> None:
        self._kill(self._door)
        self._start(self._door)

    def _restart_cloud(self) -> None:
        self.system.emulator.stop()
        self.system.emulator.start()

    def _without_table(self) -> None:
        self.faults.table_is_gone.set()
        time.sleep(self.plan.gone_s)
        self.faults.table_is_gone.clear()

    def _send_poison(self) -> None:
        text = json.dumps({"poison": uuid.uuid4().hex})

        def is_sent() -> bool:
            try:
                self._sqs.send_message(QueueUrl=self._stack["LIBRETA_BEHAVIOR_QUEUE_URL"], MessageBody=text)
            except BotoCoreError:  # the cloud is being restarted
                return False
            return True

        wait_until(is_sent, what="the poison to be taken", timeout_s=_DRAINED_S)

    @property
    def _sqs(self) -> Any:
        return self.system.emulator.client("sqs")

    def _new_door(self) -> Service:
        hasty = self._plant == ANSWER_BEFORE_SQS
        application = "tests.drills.behavior_holes:app" if hasty else "behavior.door:app"
        return Service("events", [*granian("asgi", self.system.layout.ports.events), application], profile="web")

    def _new_worker(self, number: int) -> Service:
        hasty = self._plant == EARLY_ACKNOWLEDGEMENT
        command = ["-m", "tests.drills.behavior_holes"] if hasty else ["manage.py", BEHAVIOR.command]
        return Service(f"worker-{number}", [sys.executable, *command], profile="worker")

    def _token(self, number: int) -> str:
        school = f"escuela-{number % SCHOOLS:02}"
        claims = {"custom:role": "student", "custom:school_id": school, "custom:person_id": f"est-{number:03}"}
        return self._issuer.token(sub=f"00000000-0000-4000-8000-{number:012}", **claims)

    def _wait_until_drained(self) -> None:
        url = self._stack["LIBRETA_BEHAVIOR_QUEUE_URL"]
        wait_until(lambda: depth_of(self._sqs, url) == 0, what="the queue to be empty", timeout_s=_DRAINED_S)

    def _counted(self, devices: list[Device]) -> dict[str, Any]:
        acknowledged = set[str]().union(*(device.acknowledged for device in devices))
        statuses = sum((device.statuses for device in devices), Counter[str]())
        stored = self._stored()
        code, words = ledger_says({**self.system.environment, **self._stack})
        if code:
            sys.stdout.write(words)
        units = write_units_of_ledger(self.system.emulator.client("dynamodb"), self._stack["LIBRETA_TABLE_NAME"])
        lake = self._in_lake(len(set(stored)))
        return {
            "acknowledged": len(acknowledged),
            "answers": dict(statuses),
            "lost": len(acknowledged - set(stored)),
            "stored": len(stored),
            "doubled": len(stored) - len(set(stored)),
            "not_acknowledged_but_stored": len(set(stored) - acknowledged),
            "in_lake": len(set(lake)),
            "doubled_in_lake": len(lake) - len(set(lake)),
            "dead_letters": depth_of(self._sqs, f"{self._stack['LIBRETA_BEHAVIOR_QUEUE_URL']}-dlq"),
            "ledger_closes": code == 0,
            "ledger_units_an_event": round(units / max(1, len(stored)), 3),
            "kills": self.kills,
            "faults": dict(self.faults.counts),
        }

    def _stored(self) -> list[str]:
        pages = self.system.emulator.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self._stack["LIBRETA_TABLE_NAME"], ProjectionExpression="entity, event_id")
        items = [item for page in found for item in page["Items"]]
        return [item["event_id"]["S"] for item in items if item["entity"]["S"] == "behavior_event"]

    def _in_lake(self, expected: int) -> list[str]:
        """The event ids of all rows of the lake's files, once they are as many as the table's, or come no more."""
        rows: list[str] = []

        def is_whole() -> bool:
            rows[:] = self._lake_rows()
            return len(set(rows)) >= expected

        with suppress(AssertionError):  # how many there are is told all the same
            wait_until(is_whole, what="the lake to be whole", timeout_s=_LAKE_S)
        return rows

    def _lake_rows(self) -> list[str]:
        s3, bucket = self.system.emulator.client("s3"), self._stack["LIBRETA_LAKE_BUCKET"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        with tempfile.TemporaryDirectory(prefix="libreta-lake-") as folder:
            for number, key in enumerate(keys):
                Path(folder, f"{number}.parquet").write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            if not keys:
                return []
            with duckdb.connect() as database:
                found = database.execute("SELECT event_id FROM read_parquet(?)", [f"{folder}/*.parquet"]).fetchall()
        return [row[0] for row in found]


def _event() -> dict[str, Any]:
    occurred_at = datetime.now(UTC).isoformat()
    return {"event_id": str(uuid.uuid4()), "kind": "participation", "occurred_at": occurred_at, "value": 1}


def judge(figures: dict[str, Any], plan: Plan) -> dict[str, bool]:
    """The issue's bars, and whether each is met."""
    return {
        "every event was acknowledged in the end": figures["acknowledged"] == plan.events // DEVICES * DEVICES,
        "none acknowledged was lost": figures["lost"] == 0,
        "none is doubled in the table": figures["doubled"] == 0,
        "none is doubled in the lake": figures["doubled_in_lake"] == 0,
        "the ledger closes": figures["ledger_closes"],
        f"the ledger costs at most {LEDGER_UNITS:g} write units an event": figures["ledger_units_an_event"]
        <= LEDGER_UNITS,
        "dead letters are the planted poison": figures["dead_letters"] == POISON,
        "workers were killed often enough": figures["kills"] >= plan.kills,
    }


def drill(seed: int, plan: Plan, plant: str = "") -> dict[str, Any]:
    """One run from nothing; its figures, and which bars are met."""
    with tempfile.TemporaryDirectory(prefix="libreta-drill-") as state_dir, running_issuer() as issuer:
        system = BareSystem(Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port())))
        system.services = []
        try:
            system.start()
            figures = Drill(system, issuer, plan, seed, plant).run()
        finally:
            system.stop()
    return figures | {"met": judge(figures, plan)}


def main() -> int:
    """Run every seed; the last line is ``RESULT`` with the figures, the exit code tells whether every bar was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--plant",
        choices=(EARLY_ACKNOWLEDGEMENT, ANSWER_BEFORE_SQS),
        default="",
        help="run with a hole: the drill must fail",
    )
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    options = parser.parse_args()
    figures: dict[str, Any] = {"met": {}}
    for seed in SEEDS[: 1 if options.short else None]:
        found = drill(seed, SHORT if options.short else Plan(), options.plant)
        figures["met"] |= {f"seed {seed}: {bar}": met for bar, met in found.pop("met").items()}
        figures[f"seed_{seed}"] = found
        sys.stdout.write(f"seed {seed}: {json.dumps(found)}\n")
        sys.stdout.flush()
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
