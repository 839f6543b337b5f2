"""A message is sent once, within a short time, and believed only when SQS names its digest."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from edu.aws import sending
from edu.aws.sending import QueueCallError, QueueSender
from tests.support.ports import free_port
from tests.support.sqs import LONGEST_HANG_S, StandInQueue, running_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInQueue]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with running_stand_in() as queue, override_settings(AWS_ENDPOINT_URL=queue.url):
        yield queue


def _sender(queue: StandInQueue) -> QueueSender:
    return QueueSender(queue.queue_url, connections=4)


def test_message_is_sent_as_it_is(stand_in: StandInQueue) -> None:
    sender = _sender(stand_in)
    for text in ("una", "ñandú 🙌"):
        sender.send(text)
    sender.probe()
    assert stand_in.messages == ["una", "ñandú 🙌"]
    assert stand_in.calls == ["SendMessage", "SendMessage", "GetQueueAttributes"]


def test_threads_share_one_client(stand_in: StandInQueue) -> None:
    sender = _sender(stand_in)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sender.send, map(str, range(32))))
    assert sorted(map(int, stand_in.messages)) == list(range(32))
    assert len(sender._clients) == 1


@pytest.mark.parametrize("error", [(500, "InternalError"), (503, "ServiceUnavailable"), (400, "ThrottlingException")])
def test_refusal_is_named_and_not_tried_again(stand_in: StandInQueue, error: tuple[int, str]) -> None:
    stand_in.error = error
    sender = _sender(stand_in)
    with pytest.raises(QueueCallError, match=error[1]):
        sender.send("una")
    with pytest.raises(QueueCallError, match=error[1]):
        sender.probe()
    assert len(stand_in.calls) == 2


def test_queue_that_hangs_is_waited_for_shortly(stand_in: StandInQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(sending, "PROBE_READ_TIMEOUT_S", 0.1)
    sender = _sender(stand_in)
    stand_in.hang()
    started = time.perf_counter()
    with pytest.raises(QueueCallError, match="ReadTimeoutError"):
        sender.send("una")
    with pytest.raises(QueueCallError, match="ReadTimeoutError"):
        sender.probe()
    assert time.perf_counter() - started < LONGEST_HANG_S / 2
    assert stand_in.calls == ["SendMessage", "GetQueueAttributes"]


def test_queue_that_is_gone_is_named(stand_in: StandInQueue) -> None:
    with override_settings(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}"):
        sender = _sender(stand_in)
        with pytest.raises(QueueCallError, match="EndpointConnectionError"):
            sender.send("una")


def test_digest_of_another_text_is_not_believed(stand_in: StandInQueue) -> None:
    stand_in.digest = "0" * 32
    with pytest.raises(QueueCallError):
        _sender(stand_in).send("una")


def test_longest_waits_are_short() -> None:
    assert sending.CONNECT_TIMEOUT_S + sending.READ_TIMEOUT_S <= 3
    assert sending.PROBE_CONNECT_TIMEOUT_S + sending.PROBE_READ_TIMEOUT_S <= 1.5
