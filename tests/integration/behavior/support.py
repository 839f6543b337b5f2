"""What the tests of events share: the queue from behind, a student with a token, and looking into the table."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from django.conf import settings

from behavior import services
from behavior.domain.events import STORE_EVENTS
from edu import clock
from edu.aws.sending import QueueSender
from edu.envelopes import write_envelope
from edu.queues import BEHAVIOR
from edu.tenancy import enter_school
from tests.support.cloud import Cloud
from tests.support.events import part_of
from tests.support.processes import Process, running_consumer
from tests.support.queue_depth import depth_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from behavior.domain.events import StoredEvent


EVENTS_PATH = "/api/v1/behavior"
VISIBILITY_S = 2


@dataclass(frozen=True)
class Student:
    """A student of a school, with the ID token their device holds."""

    school_id: str
    student_id: str
    token: str

    def post(self, url: str, body: object, **headers: str) -> httpx.Response:
        """Send a body as JSON under the student's token."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(url, content=content, headers=given | named, timeout=30, trust_env=False)


def make_event(**changes: object) -> dict[str, object]:
    """A good event, as a device sends it."""
    made = {"event_id": str(uuid.uuid4()), "kind": "participation", "occurred_at": clock.now().isoformat()}
    return made | changes


def send(student: Student, *events: object, **changes: Any) -> None:
    """Put one message of this student into the queue as the door does, unchecked."""
    send_parts(part_of(student.school_id, student.student_id, events, **changes))


def send_parts(*parts: object) -> None:
    """Put one message of these parts into the queue, unchecked."""
    keywords = json.dumps({"parts": list(parts)}).encode()
    text = write_envelope(task=STORE_EVENTS, keywords=keywords, queue=BEHAVIOR.name, correlation_id=uuid.uuid4().hex)
    asyncio.run(_send(text))


async def _send(text: str) -> None:
    sender = QueueSender(settings.BEHAVIOR_QUEUE_URL, connections=1)
    try:
        await sender.send(text)
    finally:
        sender.close()


@dataclass(frozen=True)
class BehaviorQueue:
    """The events' queue and its dead-letter queue, seen as root."""

    cloud: Cloud

    @property
    def url(self) -> str:
        """The queue."""
        return self.cloud.outputs["BehaviorQueueUrl"]

    @property
    def dead_letters_url(self) -> str:
        """Its dead-letter queue."""
        return self.cloud.outputs["BehaviorDlqUrl"]

    def reset(self, *, visibility_s: int) -> None:
        """Empty both, and let a message that was not acknowledged come back after ``visibility_s`` seconds."""
        sqs = self.cloud.root("sqs")
        for url in (self.url, self.dead_letters_url):
            sqs.purge_queue(QueueUrl=url)
        sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"VisibilityTimeout": str(visibility_s)})

    def send(self, body: str) -> None:
        """Put a message as it is."""
        self.cloud.root("sqs").send_message(QueueUrl=self.url, MessageBody=body)

    def take(self) -> str:
        """Take one message away and return its body."""
        sqs = self.cloud.root("sqs")

        def taken() -> Any:
            return sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1).get("Messages")

        (message,) = wait_until(taken, what="a message in the queue")
        sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        body: str = message["Body"]
        return body

    def depth(self, url: str = "") -> int:
        """Messages visible, in flight or delayed."""
        return depth_of(self.cloud.root("sqs"), url or self.url)

    def wait_until_drained(self) -> None:
        """Every message has been acknowledged or dead-lettered."""
        wait_until(lambda: self.depth() == 0, what="the queue to drain", timeout_s=60)

    def wait_for_dead_letters(self, count: int) -> None:
        """So many messages wait for a person."""
        wait_until(lambda: self.depth(self.dead_letters_url) == count, what=f"{count} dead letters", timeout_s=60)


@contextmanager
def running_warm_worker(cloud: Cloud, queue: BehaviorQueue) -> Iterator[Process]:
    """A real worker that has stored an event of a school nobody asks about.

    A first task takes longer than the next: a test's message with a short visibility would come again meanwhile.
    The visibility is short from the start, since a poll under way keeps the one it began with.
    """
    queue.reset(visibility_s=VISIBILITY_S)
    with running_consumer(cloud) as worker:
        send(Student("calentamiento", "est-001", ""), make_event())
        queue.wait_until_drained()
        yield worker


def has_events(student: Student) -> bool:
    """Whether the table has any event of a student."""
    with enter_school(student.school_id):
        return bool(services.list_events(student_id=student.student_id, limit=1).items)


def stored_events(student: Student) -> list[StoredEvent]:
    """What the table has of a student, read as the product reads it."""
    with enter_school(student.school_id):
        events, cursor = [], None
        while True:
            page = services.list_events(student_id=student.student_id, cursor=cursor, limit=500)
            events += page.items
            cursor = page.cursor
            if cursor is None:
                return events


def items_of_school(cloud: Cloud, school_id: str) -> list[dict[str, Any]]:
    """Every item of a school's events, looked for behind the product's back."""
    return [item for item in cloud.items_of(school_id) if "event" in item["entity"]["S"]]
