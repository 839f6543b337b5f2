"""The door names its task, and the message is the one that the task itself would send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from kombu.transport.memory import Channel

from behavior import tasks
from behavior.domain import Event, as_message
from behavior.door import publisher
from behavior.door.publisher import Publisher
from behavior.errors import QueueUnavailableError
from edu.logs import start_correlation
from edu.tasks import SchoolTask

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = Event(
    event_id="6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
    kind="late",
    occurred_at=datetime(2026, 11, 23, 15, 15, tzinfo=UTC),
    value=Decimal("2.5"),
    note="Ana Muñoz",
)
OF_THE_SENDING = {"id", "root_id", "correlation_id", "delivery_tag", "reply_to"}  # made anew for a message or thread
OF_THE_WORKER = {"timelimit"}  # a worker that is told none takes its own configuration's


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """The product's Celery settings over kombu's in-memory broker, in the place of the product's application."""
    made = Celery("test", set_as_current=False)
    made.config_from_object("edu.celeryconfig")
    made.conf.update(broker_url="memory://", broker_transport="memory", broker_transport_options={})
    monkeypatch.setattr(publisher, "app", made)
    yield made
    made.close()


def _sent(app: Celery) -> Any:
    """The one message in the queue of events."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        assert isinstance(channel, Channel)
        return channel._get("behavior")


def _comparable(part: Any) -> Any:
    if isinstance(part, dict):
        left_out = OF_THE_SENDING | OF_THE_WORKER
        return {name: _comparable(inner) for name, inner in part.items() if name not in left_out}
    return part


def _publish() -> None:
    asyncio.run(Publisher().publish(school_id="norte", student_id="est-1", events=[EVENT]))


def test_message_is_the_one_that_the_task_sends(app: Celery) -> None:
    start_correlation("correlation-42")
    _publish()
    by_name = _sent(app)
    task: Any = app.task(shared=False, base=SchoolTask, name=tasks.store_events.name)(tasks.store_events.run)
    kwargs = {"school_id": "norte", "student_id": "est-1", "events": [as_message(EVENT)]}
    task.apply_async(kwargs=kwargs, retry=False)
    assert _comparable(by_name) == _comparable(_sent(app))
    assert by_name["headers"]["task"] == "behavior.store_events"
    assert by_name["headers"]["correlation_id_of_request"] == "correlation-42"


def test_message_has_no_readable_copy_of_its_arguments(app: Celery) -> None:
    _publish()
    headers = _sent(app)["headers"]
    assert headers["argsrepr"] == headers["kwargsrepr"] == ""
    assert "Muñoz" not in str(headers)


def test_broker_that_fails_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def send_task(self, *_args: Any, **_kwargs: Any) -> None:
            raise ConnectionError("http://10.0.0.7/secret")

    monkeypatch.setattr(publisher, "app", Broken())
    with pytest.raises(QueueUnavailableError):
        _publish()
