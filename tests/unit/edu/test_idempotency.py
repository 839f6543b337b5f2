"""What a write says to its client."""

from __future__ import annotations

import pytest

from edu.dynamo.transactions import Transaction
from edu.idempotency import IdempotencyKey, Reply, StoredResponse
from edu.tenancy import enter_school

KEY = IdempotencyKey("sub-1", "value", "digest")


def test_answer_is_the_one_that_went_with_the_last_attempt() -> None:
    rendered: list[int] = []

    def render(result: int) -> StoredResponse:
        rendered.append(result)
        return StoredResponse(201, b"%d" % result)

    reply = Reply(KEY, render)
    with enter_school("escuela-a"):
        reply.remember(Transaction(), 1)
        reply.remember(Transaction(), 2)
    assert reply.as_response().content == b"2"
    assert rendered == [1, 2]


def test_write_without_an_answer_is_a_bug_that_is_seen() -> None:
    with pytest.raises(RuntimeError):
        Reply(KEY, lambda _: StoredResponse(204, b"")).as_response()
