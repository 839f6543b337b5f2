"""A task's message, as a web process sends it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.test import override_settings

from edu.aws import task_messages
from edu.aws.task_messages import TaskNotSentError, send_task
from edu.envelopes import read_envelope
from edu.logs import start_correlation
from edu.queues import ANALYTICS

URL = "http://127.0.0.1:9/000000000000/libreta-test-analytics"


class FakeSqs:
    def __init__(self, *, is_down: bool = False) -> None:
        self.sent: list[dict[str, Any]] = []
        self._is_down = is_down

    def send_message(self, **call: Any) -> None:
        if self._is_down:
            raise EndpointConnectionError(endpoint_url=URL)
        self.sent.append(call)


def sent_by(sqs: FakeSqs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_messages, "service_client", lambda _service: sqs)
    with override_settings(**{ANALYTICS.setting: URL}):
        send_task(ANALYTICS, "analytics.export_school", school_id="sur", export_id="x-1")


def test_message_is_one_that_a_worker_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    start_correlation("c-1")
    sqs = FakeSqs()
    sent_by(sqs, monkeypatch)
    [call] = sqs.sent
    assert call["QueueUrl"] == URL
    envelope = read_envelope(call["MessageBody"], queue=ANALYTICS.name)
    assert (envelope["headers"]["task"], envelope["headers"]["id"]) == ("analytics.export_school", "c-1")
    assert json.loads(base64.b64decode(envelope["body"]))[:2] == [[], {"school_id": "sur", "export_id": "x-1"}]


def test_queue_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TaskNotSentError):
        sent_by(FakeSqs(is_down=True), monkeypatch)
