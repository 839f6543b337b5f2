"""The door's message is one that Celery's own producer might have sent, and its own consumer takes."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Celery
from kombu.transport.memory import Channel

from behavior import tasks
from behavior.domain.events import Event, as_message
from behavior.door.publisher import Publisher
from edu.aws.sending import QueueSender
from edu.envelopes import CORRELATION_HEADER, read_envelope
from edu.tasks import message_options
from tests.unit.edu.consuming import Consuming

ARRIVED = datetime(2026, 11, 23, 15, 15, 1, tzinfo=UTC)
EVENT = Event(
    event_id=str(uuid.uuid4()), kind="late", occurred_at=datetime(2026, 11, 23, 15, 15, tzinfo=UTC), note="Ana Muñoz"
)
OF_THE_SENDING = {"id", "root_id", "correlation_id", CORRELATION_HEADER}  # made anew for each message


class Keeping(QueueSender):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture(scope="module")
def text() -> str:
    async def publish(queue: Keeping) -> None:
        publisher = Publisher(queue)
        await publisher.publish(school_id="norte", student_id="est-1", arrived_at=ARRIVED, events=[EVENT])
        await publisher.close()

    queue = Keeping()
    asyncio.run(publish(queue))
    [only] = queue.texts
    return only


@pytest.fixture(scope="module")
def consuming() -> Consuming:
    return Consuming()


def _of_celery(kwargs: dict[str, Any]) -> Any:
    """The message that Celery's own producer makes under the product's settings, over kombu's in-memory broker."""
    app = Celery("test", set_as_current=False)
    app.config_from_object("edu.celeryconfig")
    app.conf.update(broker_url="memory://", broker_transport="memory", broker_transport_options={})
    app.send_task(tasks.store_events.name, kwargs=kwargs, **message_options(), ignore_result=True, retry=False)
    with app.connection_for_read() as connection, connection.channel() as channel:
        assert isinstance(channel, Channel)
        found = channel._get("behavior")
    app.close()
    return found


def _without_ids(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_ids(inner) for name, inner in part.items() if name not in OF_THE_SENDING}
    return part


def _keywords(consuming: Consuming, text: str) -> Any:
    assert consuming.receive(text) == 1
    request = consuming.requests.pop()
    request.message.reject()
    return request.kwargs


def test_message_is_the_one_that_celery_sends(consuming: Consuming, text: str) -> None:
    ours: Any = read_envelope(text, queue="behavior")
    celerys = _of_celery(_keywords(consuming, text))
    for name in ("content-type", "content-encoding"):
        assert ours[name] == celerys[name]
    assert celerys["headers"] | _without_ids(ours["headers"]) == celerys["headers"]
    assert celerys["properties"] | _without_ids(ours["properties"]) == celerys["properties"]


def test_worker_is_given_the_task_with_its_parts_and_nothing_else(consuming: Consuming, text: str) -> None:
    assert consuming.receive(text) == 1
    request = consuming.requests.pop()
    request.message.reject()
    assert request.name == "behavior.store_events"
    assert set(request.kwargs) == {"parts"}
    [part] = request.kwargs["parts"]
    assert part.pop("arrived_at_ms") == int(ARRIVED.timestamp() * 1000)
    assert part == {"school_id": "norte", "student_id": "est-1", "events": [as_message(EVENT)]}
    assert request.request_dict[CORRELATION_HEADER] == request.id


def test_message_has_no_readable_copy_of_its_arguments(text: str) -> None:
    headers = read_envelope(text, queue="behavior")["headers"]
    assert headers["argsrepr"] == headers["kwargsrepr"] == ""
    for secret in ("Muñoz", "est-1", "norte", EVENT.event_id):
        assert secret not in text
