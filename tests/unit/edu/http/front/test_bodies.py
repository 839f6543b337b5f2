"""A request's body is whole, small and there in time, or it is nothing; and all bodies together stay within bounds."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from edu.http import minutes
from edu.http.errors import BodyTimeoutError, BodyTooLargeError, BusyError
from edu.http.front.bodies import Bodies, ClientGoneError
from edu.http.front.limits import Limits
from tests.support.asgi import GONE, part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.http.front.bodies import Receive

LIMITS = Limits(body_bytes=1000, body_parts=20, body_s=5.0, waiting_bodies=3, held_bytes=2500)


def arriving(*messages: Mapping[str, Any]) -> Receive:
    """These messages, and after them nothing, ever."""
    left = list(messages)

    async def receive() -> Mapping[str, Any]:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return receive


def received(*messages: Mapping[str, Any], declared: int | None = None, limits: Limits = LIMITS) -> bytes:
    return asyncio.run(Bodies(limits).receive_whole(arriving(*messages), declared))


def test_body_in_parts_is_joined() -> None:
    assert received(part(b"ab", more=True), part(b"", more=True), part(b"c")) == b"abc"


def test_body_of_a_told_length_is_not_waited_for_beyond_it() -> None:
    assert received(part(b"ab", more=True), part(b"c", more=True), declared=3) == b"abc"


def test_request_without_a_body_waits_for_nothing() -> None:
    assert received(declared=0) == b""


@pytest.mark.parametrize("before", [[], [part(b"{}", more=True)]])
def test_body_of_a_client_that_hung_up_does_not_count(before: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientGoneError):
        received(*before, GONE)


def test_body_at_the_limit_is_read() -> None:
    assert len(received(part(b"x" * 1000))) == 1000


def test_body_past_the_limit_is_refused_while_reading() -> None:
    with pytest.raises(BodyTooLargeError):
        received(part(b"x" * 1000, more=True), part(b"x", more=True))  # a third read would wait for ever


def test_body_in_too_many_pieces_is_refused() -> None:
    with pytest.raises(BodyTooLargeError):
        received(*[part(b"x", more=True)] * 21)
    assert len(received(*[part(b"x", more=True)] * 19, part(b"x"))) == 20


def test_body_may_come_in_more_pieces_the_larger_it_is() -> None:
    limits = Limits(body_bytes=1000, body_parts=2, part_bytes=10)
    assert len(received(*[part(b"x" * 10, more=True)] * 49, part(b"x" * 10), limits=limits)) == 500
    with pytest.raises(BodyTooLargeError):
        received(*[part(b"x" * 4, more=True)] * 4, limits=limits)


def test_small_pieces_of_one_payer_have_an_end_in_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 600
    monkeypatch.setattr(minutes, "clock", SimpleNamespace(epoch_s=lambda: now_s))
    limits = Limits(body_bytes=1000, body_parts=20, part_bytes=10, free_parts=3, small_parts_a_minute=20)
    kept = Bodies(limits)

    def sent(payer: str, pieces: int, size: int = 1) -> int:
        messages = [part(b"x" * size, more=True)] * (pieces - 1) + [part(b"x" * size)]
        return len(asyncio.run(kept.receive_whole(arriving(*messages), None, lambda: payer)))

    for _ in range(2):
        assert sent("ana", 14) == 14  # ten of them on her account: neither the first three nor the last
    assert sent("luis", 14) == 14
    assert sent("ana", 4) == 4
    assert sent("ana", 40, size=10) == 400  # no small ones
    with pytest.raises(BodyTooLargeError):
        sent("ana", 5)
    now_s += 60
    assert sent("ana", 5) == 5


@pytest.mark.parametrize("declared", [None, 500])
def test_body_that_stops_is_given_up_in_time(declared: int | None) -> None:
    limits = Limits(body_bytes=1000, body_s=0.05)
    with pytest.raises(BodyTimeoutError):
        received(part(b"x", more=True), declared=declared, limits=limits)


def test_request_that_is_cancelled_is_no_timeout() -> None:
    async def scenario() -> None:
        waiting = asyncio.create_task(Bodies(LIMITS).receive_whole(arriving(), 5))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(scenario())


def test_oldest_body_is_given_up_when_too_many_are_on_their_way() -> None:
    async def scenario() -> None:
        bodies = Bodies(LIMITS)
        slow = [asyncio.create_task(bodies.receive_whole(arriving(), 5)) for _ in range(4)]
        with pytest.raises(BodyTimeoutError):
            await slow[0]
        assert not any(body.done() for body in slow[1:])
        assert await bodies.receive_whole(arriving(part(b"now")), None) == b"now"
        await asyncio.sleep(0)
        assert [body.done() for body in slow] == [True, True, False, False]
        _end(slow)

    asyncio.run(scenario())


def test_oldest_body_is_given_up_when_all_hold_too_much() -> None:
    async def scenario() -> None:
        bodies = Bodies(LIMITS)
        slow = [asyncio.create_task(bodies.receive_whole(arriving(), 900)) for _ in range(2)]
        await asyncio.sleep(0)
        grows = arriving(part(b"x" * 600, more=True), part(b"x" * 300, more=True))
        slow.append(asyncio.create_task(bodies.receive_whole(grows, None)))
        with pytest.raises(BodyTimeoutError):
            await slow[0]
        assert not any(body.done() for body in slow[1:])
        _end(slow)

    asyncio.run(scenario())


def test_bodies_worked_on_make_no_room_and_the_next_is_asked_to_come_again() -> None:
    async def scenario() -> None:
        bodies = Bodies(LIMITS)
        worked_on = [await bodies.receive_whole(arriving(part(b"x" * 800)), 800) for _ in range(3)]
        with pytest.raises(BusyError):
            await bodies.receive_whole(arriving(part(b"x" * 800)), 800)
        for body in worked_on:
            bodies.release(body)
        assert bodies._held == 0

    asyncio.run(scenario())


def test_body_that_is_refused_holds_nothing() -> None:
    async def scenario() -> None:
        bodies = Bodies(Limits(body_bytes=1000, body_s=0.05))
        for receive in (arriving(part(b"x" * 1001)), arriving(part(b"x", more=True), GONE), arriving()):
            with pytest.raises((BodyTooLargeError, ClientGoneError, BodyTimeoutError)):
                await bodies.receive_whole(receive, None)
        assert (bodies._held, len(bodies._waiting)) == (0, 0)

    asyncio.run(scenario())


def _end(tasks: list[asyncio.Task[bytes]]) -> None:
    for task in tasks:
        task.cancel()
