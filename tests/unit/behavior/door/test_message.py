"""The door's message is what the consumer reads."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from behavior.consumer.messages import read_event_message
from behavior.domain.events import Event, as_message
from behavior.door.publisher import Publisher
from edu import clock
from edu.aws.receiving import ReceivedMessage
from edu.aws.sending import QueueSender
from edu.envelopes import read_envelope

ARRIVED = clock.now().replace(microsecond=0)
EVENT = Event(event_id=str(uuid.uuid4()), kind="late", occurred_at=ARRIVED, note="Ana Muñoz")


class Keeping(QueueSender):
    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, text: str) -> None:
        self.texts.append(text)

    def close(self) -> None:
        """There are no connections."""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    async def publish(queue: Keeping) -> None:
        publisher = Publisher(queue)
        await publisher.publish(school_id="norte", student_id="est-1", arrived_at=ARRIVED, events=[EVENT])
        await publisher.close()

    queue = Keeping()
    asyncio.run(publish(queue))
    return queue.texts


@pytest.fixture(scope="module")
def text(texts: list[str]) -> str:
    return texts[0]


def test_consumer_finds_its_parts_and_nothing_else(text: str) -> None:
    message = read_event_message(ReceivedMessage("m-1", text, "r-1"))
    assert message.fault == ""
    assert message.correlation_id == read_envelope(text, queue="behavior")["headers"]["id"]
    [part] = message.parts
    assert (part.school_id, part.student_id, part.arrived_at) == ("norte", "est-1", ARRIVED)
    assert list(part.events) == [as_message(EVENT)]
    assert message.events == 1
    assert message.number.sequence == 1


def test_consumer_finds_the_report_that_the_door_ends_with(texts: list[str], text: str) -> None:
    [_events, last] = texts
    message = read_event_message(ReceivedMessage("m-2", last, "r-2"))
    assert (message.fault, message.parts, message.events) == ("", (), 0)
    assert message.report
    door = read_event_message(ReceivedMessage("m-1", text, "r-1")).number.door
    assert (message.report.door, message.report.number, message.report.accepted) == (door, 1, ((1, 1),))
    assert (message.report.failed, message.report.events) == ((), {"norte": 1})


def test_message_has_no_readable_copy_of_its_arguments(text: str) -> None:
    headers = read_envelope(text, queue="behavior")["headers"]
    assert headers["argsrepr"] == headers["kwargsrepr"] == ""
    for secret in ("Muñoz", "est-1", "norte", EVENT.event_id):
        assert secret not in text
