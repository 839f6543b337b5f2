"""A message is sent once, within a short time, and believed only when SQS names its digest."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from boto3 import Session
from django.test import override_settings

from edu.aws import sending
from edu.aws.sending import QueueCallError, QueueSender
from tests.support.ports import free_port
from tests.support.sqs import LONGEST_HANG_S, StandInQueue, running_stand_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInQueue]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with running_stand_in() as queue, override_settings(AWS_ENDPOINT_URL=queue.url):
        yield queue


def _with_sender(queue: StandInQueue, use: Callable[[QueueSender], Awaitable[None]]) -> None:
    async def scenario() -> None:
        sender = QueueSender(queue.queue_url, connections=4)
        try:
            await use(sender)
        finally:
            sender.close()

    asyncio.run(scenario())


async def _fails(call: Awaitable[None], reason: str) -> None:
    with pytest.raises(QueueCallError, match=reason):
        await call


def test_message_is_sent_as_it_is(stand_in: StandInQueue) -> None:
    async def use(sender: QueueSender) -> None:
        for text in ("una", "ñandú 🙌"):
            await sender.send(text)
        await sender.probe()

    _with_sender(stand_in, use)
    assert stand_in.messages == ["una", "ñandú 🙌"]
    assert stand_in.calls == ["SendMessage", "SendMessage", "GetQueueAttributes"]


def test_calls_at_once_are_each_answered(stand_in: StandInQueue) -> None:
    async def use(sender: QueueSender) -> None:
        await asyncio.gather(*(sender.send(str(number)) for number in range(32)))

    _with_sender(stand_in, use)
    assert sorted(map(int, stand_in.messages)) == list(range(32))


@pytest.mark.parametrize("error", [(500, "InternalError"), (503, "ServiceUnavailable"), (400, "ThrottlingException")])
def test_refusal_is_named_and_not_tried_again(stand_in: StandInQueue, error: tuple[int, str]) -> None:
    stand_in.error = error

    async def use(sender: QueueSender) -> None:
        await _fails(sender.send("una"), error[1])
        await _fails(sender.probe(), error[1])

    _with_sender(stand_in, use)
    assert len(stand_in.calls) == 2


def test_queue_that_hangs_is_waited_for_shortly(stand_in: StandInQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(sending, "PROBE_READ_TIMEOUT_S", 0.1)
    stand_in.hang()

    async def use(sender: QueueSender) -> None:
        await _fails(sender.send("una"), "ReadTimeoutError")
        await _fails(sender.probe(), "ReadTimeoutError")

    started = time.perf_counter()
    _with_sender(stand_in, use)
    assert time.perf_counter() - started < LONGEST_HANG_S / 2
    assert stand_in.calls == ["SendMessage", "GetQueueAttributes"]


def test_answer_that_comes_too_late_is_nobodys(stand_in: StandInQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(sender: QueueSender) -> None:
        await sender.send("first")
        stand_in.hang()
        monkeypatch.setattr(sending, "READ_TIMEOUT_S", 0.2)
        await _fails(sender.send("late"), "ReadTimeoutError")
        stand_in.answer()
        monkeypatch.undo()
        await sender.send("next")

    _with_sender(stand_in, use)
    assert {"first", "next"} <= set(stand_in.messages)


def test_queue_that_is_gone_is_named(stand_in: StandInQueue) -> None:
    with override_settings(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}"):
        _with_sender(stand_in, lambda sender: _fails(sender.send("una"), "EndpointConnectionError"))


def test_digest_of_another_text_is_not_believed(stand_in: StandInQueue) -> None:
    stand_in.digest = "0" * 32
    _with_sender(stand_in, lambda sender: _fails(sender.send("una"), "another text"))


def test_process_without_keys_sends_nothing(stand_in: StandInQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "get_credentials", lambda _session: None)
    _with_sender(stand_in, lambda sender: _fails(sender.send("una"), "NoCredentialsError"))
    assert stand_in.calls == []


def test_longest_waits_are_short() -> None:
    assert sending.CONNECT_TIMEOUT_S + sending.READ_TIMEOUT_S <= 3
    assert sending.PROBE_CONNECT_TIMEOUT_S + sending.PROBE_READ_TIMEOUT_S <= 1.5
