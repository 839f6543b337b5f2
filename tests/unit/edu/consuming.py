"""kombu's and Celery's own consumer over our channel, in this process: what a worker's loop does with a message."""

from __future__ import annotations

import base64
import json
import time
from types import SimpleNamespace
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer
from kombu import Connection, Consumer, Queue

from edu.celery import app
from edu.queues import MAINTENANCE

URL = "http://127.0.0.1:9/000000000000/libreta-test-maintenance"
GOOD_BODY: list[Any] = [
    [],
    {"school_id": "escuela-1", "student_id": "est-1", "events": []},
    {"callbacks": None, "chain": None},
]


def encoded(value: object) -> str:
    """JSON in base64."""
    return base64.b64encode(json.dumps(value).encode()).decode()


def good_envelope(**changes: Any) -> dict[str, Any]:
    """The envelope of a message as Celery sends one to the queue of maintenance."""
    made: dict[str, Any] = {
        "body": encoded(GOOD_BODY),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "task": "edu.try_isolation", "id": "a-1", "root_id": "a-1", "parent_id": None},
        "properties": {
            "correlation_id": "a-1",
            "delivery_mode": 2,
            "delivery_tag": "a-1",
            "delivery_info": {"exchange": "", "routing_key": "maintenance"},
            "priority": 0,
            "body_encoding": "base64",
        },
    }
    return made | changes


class Consuming:
    """A consumer of the events' queue. It keeps the requests it would hand to its threads, and deletes nothing."""

    def __init__(self) -> None:
        queues = {MAINTENANCE.name: {"url": URL}}
        options = {"predefined_queues": queues, "region": "us-east-1", "is_secure": False}
        connection: Any = Connection(
            "sqs://k:s@127.0.0.1:9", transport="edu.broker:Transport", transport_options=options
        )
        self.channel: Any = connection.channel()
        self.channel.do_restore = False  # what is still held at the end is given up without a call
        self.channel.connection._redrive_policies[URL] = (True, time.monotonic())  # it is not asked for
        self.channel.sqs = self._no_calls
        self.requests: list[Any] = []
        app.loader.import_default_modules()
        controller = SimpleNamespace(state=SimpleNamespace(revoked=set()), use_eventloop=True)
        celery: Any = CeleryConsumer(
            self.requests.append,
            app=app,
            hostname="test@local",
            pool=SimpleNamespace(num_processes=1, apply_async=None, is_green=False),
            timer=SimpleNamespace(call_at=None),
            controller=controller,
            disable_rate_limits=True,
        )
        celery.event_dispatcher = None
        celery.call_soon_ack = celery.call_soon = lambda p, *args: p(*args)
        celery.update_strategies()
        self._consumer = Consumer(
            self.channel,
            queues=[Queue(MAINTENANCE.name)],
            auto_declare=False,
            accept=["json"],
            on_message=celery.create_task_handler(),
            on_decode_error=celery.on_decode_error,
        )
        self._consumer.consume()
        self._received = 0

    def receive(self, *texts: str) -> int:
        """Let messages with these texts arrive together; how many of them reached Celery's threads."""
        before = len(self.requests)
        self.channel._on_messages_ready(URL, MAINTENANCE.name, {"Messages": [self._message(text) for text in texts]})
        return len(self.requests) - before

    @property
    def held(self) -> int:
        """How many messages count as being worked on."""
        qos = self.channel.qos
        return len(qos._delivered) - len(qos._dirty)

    def _message(self, text: str) -> dict[str, Any]:
        self._received += 1
        return {"Body": text, "ReceiptHandle": f"handle-{self._received}", "MessageId": f"id-{self._received}"}

    def _no_calls(self, queue: str | None = None) -> Any:
        raise AssertionError(f"SQS was called for {queue}: a message would have been deleted")
