"""A call is signed with keys at hand, and its refusal named by nothing but a code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials
from django.test import override_settings

from edu.aws import loop_calls
from edu.aws.loop_calls import CallRefusedError, LoopCalls
from edu.aws.signing import signed_fields
from tests.support.sqs import StandInQueue, running_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInQueue]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with running_stand_in() as queue, override_settings(AWS_ENDPOINT_URL=queue.url):
        yield queue


async def _call(calls: LoopCalls) -> dict[str, Any]:
    return await calls.call("GetQueueAttributes", {}, connect_s=5, answer_s=5)


def _calls() -> LoopCalls:
    return LoopCalls("sqs", prefix="AmazonSQS", connections=1)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("QueueDoesNotExist", "QueueDoesNotExist"),
        ("http://10.0.0.7/secret", "status 400"),
        ("x" * 65, "status 400"),
        ("", "status 400"),
    ],
)
def test_refusal_is_named_by_a_code_alone(stand_in: StandInQueue, code: str, said: str) -> None:
    stand_in.error = (400, code)

    async def scenario() -> None:
        with pytest.raises(CallRefusedError) as refused:
            await _call(_calls())
        assert str(refused.value) == said

    asyncio.run(scenario())


@pytest.mark.usefixtures("stand_in")
def test_keys_are_asked_for_again_and_the_last_ones_serve_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call finds keys, the second asks for others, which are not there; the third asks again."""
    given: Iterator[str | Exception] = iter(["first", ConnectionError("http://169.254.170.2/secret"), "second"])

    def frozen(_credentials: Credentials) -> ReadOnlyCredentials:
        key = next(given, "second")
        if isinstance(key, Exception):
            raise key
        return ReadOnlyCredentials(key, "secret", None)

    monkeypatch.setattr(Credentials, "get_frozen_credentials", frozen)
    monkeypatch.setattr(loop_calls, "KEYS_S", 0.0)
    used: list[str | None] = []

    def noting(fields: Any, body: bytes, keys: ReadOnlyCredentials, **where: str) -> dict[str, str]:
        used.append(keys.access_key)
        return signed_fields(fields, body, keys, **where)

    monkeypatch.setattr(loop_calls, "signed_fields", noting)

    async def scenario() -> None:
        calls = _calls()
        while "second" not in used:
            await _call(calls)
            await asyncio.sleep(0.01)
        calls.close()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert used[0] == "first"
    assert set(used) == {"first", "second"}
