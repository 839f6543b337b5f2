"""Messages: forged in every way, failing, and of two schools at once, before a real worker (issue 3, point 4)."""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edu.envelopes import Fault
from edu.queues import BEHAVIOR, MAINTENANCE, QueueDeclaration
from tests.environment import STATE_DIR
from tests.isolation.routes import digest_of, items_of
from tests.isolation.sections import Cell, Hole, Section
from tests.isolation.workers_forgeries import (
    DEAD_LETTERED,
    DROPPED,
    KEPT_AT_HOME,
    STORE,
    Forgery,
    Target,
    envelope,
    event,
    forgeries,
)
from tests.isolation.workers_probe import FAILING_STUDENT, HOLE, KEEPS_SCHOOL
from tests.isolation.workers_wire import Wire, tapped
from tests.support.cloud import acting_as
from tests.support.events import part_of
from tests.support.events import store as store_events
from tests.support.processes import CELERY_IS_READY, CONSUMER_IS_READY, Process, running_until_stopped
from tests.support.queue_depth import depth_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.support.cloud import Cloud

_INTERLEAVED = 200
_DEADLINE_S = 180.0
_FAULTS = (
    *(f'"{fault}"' for fault in (Fault.HEADERS, Fault.PROPERTIES, Fault.TASK, Fault.CONTENT_TYPE)),
    *(f'"{fault}"' for fault in (Fault.BODY, Fault.ARGUMENTS, Fault.FOLLOW_UPS)),
)
_REASONS = {
    BEHAVIOR: (
        *_FAULTS,
        *(f'"part of a message: {name}"' for name in ("school_id", "student_id", "members")),
        '"message of too many events"',
    ),
    MAINTENANCE: (*_FAULTS, "MissingSchoolError", "InvalidSchoolIdError", "Received unregistered task"),
}
_EVENTS_WORKER, _CELERYS = "the events' worker", "a Celery worker"
_planted: dict[str, str] = {}


def run(cloud: Cloud, *, interleaved: int = _INTERLEAVED) -> Section:
    """Every attack on the workers, each with a worker process of its own. ``interleaved``: messages of each school."""
    cells = [*_forged(cloud, BEHAVIOR), *_forged(cloud, MAINTENANCE)]
    cells += [*left_school(cloud), *left_by_batches(cloud), *_interleaved(cloud, interleaved)]
    return Section(
        name="workers",
        title="Messages before a real worker",
        intro=_INTRO,
        cells=tuple(cells),
        remarks=_REMARKS,
    )


_INTRO = (
    "A worker process with the service's own key takes messages from the real queue: the events' worker, and a Celery "
    "worker, which all other queues have. Its every call goes over a "
    "proxy that notes whose session key signed it (as STS gave it out) and whose partitions the call names. A "
    "message that is refused three times is in the dead-letter queue: the events' worker counts that itself and puts "
    "it there, for Celery's queues SQS does. The log says why, in words of ours or by an error's name, and holds "
    "nothing of the message."
)
_REMARKS = (
    (
        "Who may send: the queues' policies and IAM let `web` (the door), `worker` and `operator` send to them, and "
        "the API Gateway's role to the behaviour queue; `worker` also to the dead letters of events, where it sets "
        "messages aside. Nobody else, and no school's session, may."
    ),
    (
        "What a compromised sender could do: name any school. A message is as trusted as its sender: whoever holds "
        "`web` or `worker` may assume the tenant role for any school anyway, so a forged message gains nothing that "
        "the credentials of its sender do not give; it cannot make one message touch two schools, run code, or reach"
        " a task that is not registered. The public never writes a message: door and gateway take school and person "
        "from the verified token alone."
    ),
    (
        "Celery itself would acknowledge, and so drop, a message whose body it cannot decode, and end at some "
        "envelopes. No such message reaches it: the envelope is read and made anew before kombu sees it "
        "(`edu/envelopes.py`), and what is broken is left to the dead letters."
    ),
    (
        "The events' worker takes one task's messages and no other's. Any registered task may be named in any queue "
        "of Celery's. Tasks of a school do nothing but what their school's "
        "sessions allow; the platform's (what beat looks after, the canary) take no arguments."
    ),
)


# --- forged messages


def _forged(cloud: Cloud, declared: QueueDeclaration) -> list[Cell]:
    token = uuid.uuid4().hex[:6]
    target = Target(f"obra-{token}", f"obra-{token}0", "est-ajeno", f"secreto{token}")
    bomb = Path(STATE_DIR) / f"bomb-{token}"
    sent = forgeries(target, bomb)
    with acting_as("worker"):  # something to lose: an event of the other school's student
        store_events(target.other, target.other_student, [event("Nota")])
    before = digest_of(cloud, target.other)
    with emptied(cloud, declared) as queue:
        for forgery in sent:
            queue.send(forgery.body)
        with tapped(cloud.emulator.endpoint_url) as wire, _worker_of(declared, cloud, wire) as process:
            wait_until(queue.is_empty, what="the forged messages to be taken", timeout_s=_DEADLINE_S)
            log = process.log
        dead, kept = queue.dead_letters(), items_of(cloud, target.own)
    who = _EVENTS_WORKER if declared is BEHAVIOR else _CELERYS
    cells = [_forged_cell(who, forgery, declared, dead, kept) for forgery in sent]
    checks = {
        "other school unchanged": digest_of(cloud, target.other) == before,
        "no call signed for one and naming another": not [call for call in wire.calls if call.crosses],
        "no code ran from a message": not bomb.exists(),
        "nothing of a message in the log": target.secret not in log and target.other_student not in log,
        "reasons by name in the log": [reason for reason in _REASONS[declared] if reason not in log] == [],
    }
    return cells + [_check(f"all messages forged for {who}", name, holds) for name, holds in checks.items()]


def _forged_cell(who: str, forgery: Forgery, declared: QueueDeclaration, dead: str, kept: str) -> Cell:
    ways = {DEAD_LETTERED: forgery.marker in dead, KEPT_AT_HOME: forgery.is_among(kept)}
    observed = " and ".join(way for way, is_seen in ways.items() if is_seen) or DROPPED
    ends = forgery.ends if declared is BEHAVIOR else DEAD_LETTERED  # no event is any business of Celery's
    return Cell(f"message forged for {who}", forgery.name, "other school", ends, observed)


def _check(row: str, name: str, holds: bool) -> Cell:  # noqa: FBT001 - one of a cell's facts
    return Cell(row, name, "other school", "holds", "holds" if holds else "DOES NOT HOLD")


# --- a task leaves its school


def left_school(cloud: Cloud) -> list[Cell]:
    """One thread: a task that fails inside a school, one that ends well in it, and after each one that tells."""
    school_id = f"obra-{uuid.uuid4().hex[:6]}"
    ends = {"isolation.fail": '"event":"task failed"', "isolation.end_well": '"event":"task done"'}
    with (
        emptied(cloud, MAINTENANCE) as queue,
        tapped(cloud.emulator.endpoint_url) as wire,
        _celery_worker(cloud, wire, threads=1) as process,
    ):
        for number, (task, ended) in enumerate(ends.items(), start=1):
            queue.send(envelope(task, [], {"school_id": school_id}))
            _wait_for(process, ended, 1)
            queue.send(envelope("isolation.tell_scope", [], {}))
            _wait_for(process, '"scope told"', number)
        told = _told(process.log)
    names = ("after a task that failed", "after a task that ended well")
    return [_left("scope of the next task", name, scope) for name, scope in zip(names, told, strict=False)]


def left_by_batches(cloud: Cloud) -> list[Cell]:
    """The events' worker: a batch stored in a school, and one that fails in it, each told of afterwards."""
    school_id = f"obra-{uuid.uuid4().hex[:6]}"
    ends = {"est-1": '"at_fault":0', FAILING_STUDENT: '"reason":"AccessDeniedError"'}
    with (
        emptied(cloud, BEHAVIOR) as queue,
        tapped(cloud.emulator.endpoint_url) as wire,
        _probed_consumer(cloud, wire) as process,
    ):
        for number, (student_id, ended) in enumerate(ends.items(), start=1):
            queue.send(envelope(STORE, [], {"parts": [part_of(school_id, student_id, [event()])]}))
            _wait_for(process, ended, 1)
            _wait_for(process, '"scope told"', number)
        told = _told(process.log)
    names = ("after a batch that was stored", "after a batch that failed")
    return [_left("scope after a batch of events", name, scope) for name, scope in zip(names, told, strict=False)]


def _left(row: str, name: str, scope: str) -> Cell:
    return Cell(row, name, "previous school", "none", "none" if scope == "none" else "KEPT")


def _wait_for(process: Process, text: str, times: int) -> None:
    wait_until(lambda: process.log.count(text) >= times, what=text, timeout_s=_DEADLINE_S)


def _told(log: str) -> list[str]:
    lines = [json.loads(line) for line in log.splitlines() if '"scope told"' in line]
    return [line["scope"] for line in lines]


# --- two schools at once


def _interleaved(cloud: Cloud, count: int) -> list[Cell]:
    token = uuid.uuid4().hex[:6]
    schools = [f"obra-{token}", f"obra-{token}0"]
    with emptied(cloud, BEHAVIOR) as queue:
        for number in range(count):
            parts = [part_of(name, f"est-{number % 7}", [event(f"de {name}.")]) for name in schools]
            for together in ([parts[0]], [parts[1]], parts, parts[::-1]):
                queue.send(envelope(STORE, [], {"parts": together}))
        with tapped(cloud.emulator.endpoint_url) as wire, _consumer(cloud, wire):
            wait_until(queue.is_empty, what="the interleaved messages", timeout_s=_DEADLINE_S)
        dead = queue.dead_letters()
    writes = [call for call in wire.calls if call.operation == "TransactWriteItems"]
    notes = {school_id: _notes(cloud, school_id) for school_id in schools}
    checks = {
        "every call signed for the school whose partitions it names": not [c for c in wire.calls if c.crosses],
        "both schools' keys were used": {call.signed_for for call in writes} == set(schools),
        "every event is stored once": all(len(found) == count for found in notes.values()),
        "each school holds its own events and no other's": all(
            set(notes[school_id]) == {f"de {school_id}."} for school_id in schools
        ),
        "nothing dead-lettered": dead == "",
    }
    row = f"{count} messages of each of two schools and twice as many of both, interleaved before two threads"
    return [_check(row, name, holds) for name, holds in checks.items()]


def _notes(cloud: Cloud, school_id: str) -> list[str]:
    return [item["note"]["S"] for item in cloud.items_of(school_id) if "note" in item]


# --- what the attacks share


class _Queue:
    """A queue and its dead letters, seen as root."""

    def __init__(self, cloud: Cloud, declared: QueueDeclaration) -> None:
        self._sqs = cloud.root("sqs")
        self._url, self._dead_url = cloud.outputs[declared.output], cloud.outputs[declared.dead_letters_output]

    def empty(self) -> None:
        """Take everything out of both."""
        for url in (self._url, self._dead_url):
            self._sqs.purge_queue(QueueUrl=url)

    def show_again_after(self, seconds: str) -> str:
        """Let a message that is not acknowledged come back so soon; returns how long it was before."""
        name = "VisibilityTimeout"
        before = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])["Attributes"][name]
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={name: seconds})
        return str(before)

    def send(self, body: str) -> None:
        """Put a message as it is."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def is_empty(self) -> bool:
        """Whether every message was acknowledged or given up."""
        return depth_of(self._sqs, self._url) == 0

    def dead_letters(self) -> str:
        """The texts of all dead letters, which are taken away."""
        bodies: list[str] = []
        while messages := self._sqs.receive_message(QueueUrl=self._dead_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=self._dead_url, ReceiptHandle=message["ReceiptHandle"])
        return "\n".join(bodies)


@contextmanager
def emptied(cloud: Cloud, declared: QueueDeclaration) -> Iterator[_Queue]:
    """A queue that is empty before and after, and shows a message again after a second."""
    queue = _Queue(cloud, declared)
    queue.empty()
    before = queue.show_again_after("1")
    try:
        yield queue
    finally:
        queue.empty()
        queue.show_again_after(before)


def _worker_of(declared: QueueDeclaration, cloud: Cloud, wire: Wire) -> AbstractContextManager[Process]:
    return _consumer(cloud, wire) if declared is BEHAVIOR else _celery_worker(cloud, wire)


def _celery_worker(cloud: Cloud, wire: Wire, threads: int = 4) -> AbstractContextManager[Process]:
    """A Celery worker's process on the tapped wire."""
    command = ["-m", "celery", "-A", "tests.isolation.workers_probe", "worker"]
    command += ["-P", "threads", "-c", str(threads), "-Q", MAINTENANCE.name]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return _running(cloud, wire, command, CELERY_IS_READY)


def _consumer(cloud: Cloud, wire: Wire) -> AbstractContextManager[Process]:
    """The events' worker's process on the tapped wire."""
    return _running(cloud, wire, ["manage.py", BEHAVIOR.command], CONSUMER_IS_READY)


def _probed_consumer(cloud: Cloud, wire: Wire) -> AbstractContextManager[Process]:
    """The same, telling whose scope it is in after each batch."""
    return _running(cloud, wire, ["-m", "tests.isolation.consumer_probe"], CONSUMER_IS_READY)


def _running(cloud: Cloud, wire: Wire, command: list[str], ready: str) -> AbstractContextManager[Process]:
    extra = {"AWS_ENDPOINT_URL": wire.endpoint_url, **_planted}
    return running_until_stopped(cloud, [sys.executable, *command], ready=ready, **extra)


@contextmanager
def _keeping_school(_cloud: Any) -> Iterator[None]:
    _planted[HOLE] = KEEPS_SCHOOL
    try:
        yield
    finally:
        _planted.clear()


def _only_scopes(cloud: Cloud) -> Section:
    return Section(name="workers", title="Scopes", cells=tuple(left_school(cloud)))


def _only_batches(cloud: Cloud) -> Section:
    return Section(name="workers", title="Scopes", cells=tuple(left_by_batches(cloud)))


_BATCH = "a batch of events that does not leave its school"
HOLES = (
    Hole("task-keeps-school", "a task that does not leave its school", _keeping_school, narrow=_only_scopes),
    Hole("batch-keeps-school", _BATCH, _keeping_school, narrow=_only_batches),
)
