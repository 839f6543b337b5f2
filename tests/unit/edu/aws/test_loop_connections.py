"""An answer is one, whole and its question's; whoever sends anything else loses the connection."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from edu.aws.loop_connections import MOST_ANSWER_BYTES, Connections, UnansweredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

REQUEST = b"POST / HTTP/1.1\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MOST_ANSWER_BYTES + b"x" * MOST_ANSWER_BYTES


class Host:
    """Says the next of its answers to each request, piece by piece, and counts who connected."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, ...]] = []
        self.connected = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        while await reader.read(1024):
            for piece in self.answers.pop(0):
                writer.write(piece)
                await asyncio.sleep(0.01)
            if not self.answers:
                break
        writer.close()


@asynccontextmanager
async def _connections(host: Host, resting: int) -> AsyncIterator[Connections]:
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    connections = Connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", resting=resting)
    try:
        yield connections
    finally:
        connections.close()
        server.close()


async def _ask(connections: Connections, answer_s: float = 5) -> tuple[int, bytes]:
    answer = await connections.ask(REQUEST, connect_s=5, answer_s=answer_s)
    return answer.status, answer.body


def _run(answers: list[tuple[bytes, ...]], use: Callable[[Connections], Awaitable[None]], *, resting: int = 2) -> Host:
    host = Host()
    host.answers = answers

    async def scenario() -> None:
        async with _connections(host, resting) as connections:
            await use(connections)

    asyncio.run(scenario())
    return host


@pytest.mark.parametrize("answer", [(GOOD,), tuple(GOOD[at : at + 1] for at in range(len(GOOD))), (CHUNKED,)], ids=repr)
def test_connection_is_used_again_after_a_whole_answer(answer: tuple[bytes, ...]) -> None:
    async def use(connections: Connections) -> None:
        assert [await _ask(connections) for _ in range(3)] == [(200, b"{}")] * 3

    assert _run([answer] * 3, use).connected == 1


def test_connection_that_the_host_ends_is_not_used_again() -> None:
    async def use(connections: Connections) -> None:
        assert await _ask(connections) == (400, b"{}")
        assert await _ask(connections) == (200, b"{}")

    assert _run([(LAST,), (GOOD,), (GOOD,)], use).connected == 2


def test_two_ask_at_once_over_two_connections_and_no_more_rest_than_may() -> None:
    async def use(connections: Connections) -> None:
        assert await asyncio.gather(*(_ask(connections) for _ in range(2))) == [(200, b"{}")] * 2
        assert len(connections._resting) == 1

    assert _run([(GOOD,)] * 3, use, resting=1).connected == 2


@pytest.mark.parametrize("behind", [GOOD, b"x", b"HTTP/1.1 2"], ids=repr)
def test_what_comes_behind_an_answer_is_nobodys(behind: bytes) -> None:
    async def use(connections: Connections) -> None:
        for _ in range(2):
            assert await _ask(connections) == (200, b"{}")
            await asyncio.sleep(0.05)

    assert _run([(GOOD, behind), (GOOD,)], use).connected == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"SSH-2.0", "ResponseParserError"),
        (b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "ResponseParserError"),
        (LONG, "ResponseParserError"),
        (GOOD[:-1], "ConnectionClosedError"),
        (b"", "ConnectionClosedError"),
    ],
    ids=["no HTTP", "another protocol", "too long", "half of it", "nothing"],
)
def test_what_is_no_answer_is_named(answer: bytes, reason: str) -> None:
    async def use(connections: Connections) -> None:
        with pytest.raises(UnansweredError, match=reason):
            await _ask(connections)

    _run([(answer,)], use)


def test_one_who_waited_enough_leaves_no_answer_to_the_next() -> None:
    async def use(connections: Connections) -> None:
        with pytest.raises(UnansweredError, match="ReadTimeoutError"):
            await _ask(connections, answer_s=0.05)
        assert await _ask(connections) == (200, b"{}")

    assert _run([(GOOD[:9], *[b""] * 20, GOOD[9:]), (GOOD,)], use).connected == 2


def test_connection_that_rests_already_serves_another_before_its_last_asker_looks() -> None:
    """Who was answered used to end the question that another had asked over the same connection meanwhile."""

    async def use(connections: Connections) -> None:
        async def ask_often() -> None:
            for _ in range(20):
                assert await _ask(connections) == (200, b"{}")

        await asyncio.gather(ask_often(), ask_often(), ask_often())

    assert _run([(GOOD,)] * 61, use, resting=3).connected <= 4
