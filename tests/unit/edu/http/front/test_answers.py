"""Large answers go as they are taken, within a time and a share of memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from edu.http.errors import BusyError
from edu.http.front.answers import Answer, Answers
from edu.http.front.limits import Limits
from tests.support.asgi import Reply

LIMITS = Limits(piece_bytes=10, held_bytes=50, answer_s=0.05)


class Reader(Reply):
    """Takes so many messages, and then nothing more."""

    def __init__(self, takes: int = 100) -> None:
        super().__init__()
        self.takes, self.messages = takes, list[dict[str, Any]]()

    async def take(self, message: dict[str, Any]) -> None:
        if len(self.messages) == self.takes:
            await asyncio.Event().wait()
        self.messages.append(message)
        await self.send(message)


def answer(size: int) -> Answer:
    return Answer(200, [], bytes(range(size)))


@pytest.mark.parametrize(("size", "messages"), [(0, 2), (10, 2), (11, 3), (20, 3), (45, 6)])
def test_answer_comes_whole_in_pieces_if_it_is_large(size: int, messages: int) -> None:
    reader = Reader()
    asyncio.run(Answers(LIMITS).send(answer(size), reader.take))
    assert (reader.status, reader.body, len(reader.messages)) == (200, bytes(range(size)), messages)
    assert [message.get("more_body", False) for message in reader.messages[1:]][-1] is False
    assert all(message["more_body"] for message in reader.messages[1:-1])


def test_large_answer_that_is_not_taken_ends() -> None:
    answers, reader = Answers(LIMITS), Reader(takes=3)
    asyncio.run(answers.send(answer(45), reader.take))
    assert reader.body == bytes(range(20))
    assert answers._held == 0


def test_large_answers_past_the_room_are_asked_for_again_and_small_ones_go() -> None:
    async def scenario() -> None:
        answers = Answers(Limits(piece_bytes=10, held_bytes=50))
        slow = asyncio.create_task(answers.send(answer(45), Reader(takes=1).take))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await answers.send(answer(11), Reader().take)
        small = Reader()
        await answers.send(answer(10), small.take)
        assert small.status == 200
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        await answers.send(answer(11), Reader().take)

    asyncio.run(scenario())
