"""A WSGI application in threads: what it is told of a request, and that its threads outlive it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from edu.http.errors import BusyError
from edu.http.front.heads import check_head
from edu.http.front.limits import Limits
from edu.http.front.wsgi import ThreadedWSGI, environ_of
from tests.support.asgi import Reply, ask, part, scope_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from wsgiref.types import StartResponse


def environ(headers: list[tuple[bytes, bytes]], body: bytes = b"", **changes: Any) -> dict[str, Any]:
    return environ_of(scope_of("POST", headers=None, **changes) | {"headers": headers}, body)


def test_environment_has_the_request() -> None:
    found = environ(
        [(b"host", b"x"), (b"x-a", b"1"), (b"content-type", b"t/t")], raw_path=b"/a%20%C3%B1", query_string=b"q=%20"
    )
    assert (found["PATH_INFO"], found["QUERY_STRING"]) == ("/a \xc3\xb1", "q=%20")
    assert (found["HTTP_HOST"], found["HTTP_X_A"], found["CONTENT_TYPE"]) == ("x", "1", "t/t")
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"], found["SERVER_PORT"]) == ("127.0.0.1", "127.0.0.1", "8000")
    assert "HTTP_CONTENT_TYPE" not in found
    assert "CONTENT_LENGTH" not in found


@pytest.mark.parametrize("framing", [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")])
def test_body_has_a_length_whatever_its_framing(framing: tuple[bytes, bytes]) -> None:
    found = environ([framing], b"abc")
    assert (found["CONTENT_LENGTH"], found["wsgi.input"].read()) == ("3", b"abc")
    assert not {"HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"} & found.keys()


def test_field_sent_twice_is_joined() -> None:
    found = environ([(b"x-a", b"1"), (b"x-a", b"2"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])
    assert (found["HTTP_X_A"], found["HTTP_COOKIE"]) == ("1,2", "a=1;b=2")


def test_field_with_an_underscore_cannot_pass_for_another() -> None:
    found = environ([(b"x-forwarded-proto", b"http"), (b"x_forwarded_proto", b"https")])
    assert found["HTTP_X_FORWARDED_PROTO"] == "http"


class Running:
    """A served application, and requests to it."""

    def __init__(self, application: Callable[..., Any], **options: int) -> None:
        self._served = ThreadedWSGI(application, Limits(), **options)
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._life = asyncio.ensure_future(self._served({"type": "lifespan"}, self._messages.get, _ignore))
        await self._messages.put({"type": "lifespan.startup"})
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._messages.put({"type": "lifespan.shutdown"})
        await self._life

    def ask(self, body: bytes = b"") -> Awaitable[Reply]:
        scope = scope_of("POST", headers={"content-length": str(len(body))})
        check_head(scope, Limits())
        return asyncio.ensure_future(ask(self._served, scope, part(body)))


async def _ignore(_message: object) -> None:
    """What is told of the server's start and end."""


class Closing:
    """An answer in two parts that is closed afterwards."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"a", b"b")

    def close(self) -> None:
        self.closed = True


def test_answer_comes_whole_and_is_closed() -> None:
    parts = Closing()

    def application(_environ: dict[str, Any], start: StartResponse) -> Closing:
        start("207 Multi", [("X-A", "ñ")])
        return parts

    async def scenario() -> Reply:
        async with Running(application) as running:
            return await running.ask()

    reply = asyncio.run(scenario())
    assert (reply.status, reply.headers, reply.body, parts.closed) == (207, {"x-a": "ñ"}, b"ab", True)


def test_thread_outlives_an_application_that_fails() -> None:
    def application(environ: dict[str, Any], start: StartResponse) -> list[bytes]:
        if environ["wsgi.input"].read() == b"fail":
            raise SystemExit
        start("200 OK", [])
        return [b"ok"]

    async def scenario() -> tuple[Reply, Reply]:
        async with Running(application, threads=1) as running:
            return await running.ask(b"fail"), await running.ask()

    failed, answered = asyncio.run(scenario())
    assert (failed.status, failed.body) == (500, b"")
    assert (answered.status, answered.body) == (200, b"ok")


def test_requests_past_the_line_are_asked_to_come_again() -> None:
    begun, release = threading.Event(), threading.Event()

    def application(_environ: dict[str, Any], start: StartResponse) -> list[bytes]:
        begun.set()
        assert release.wait(10)
        start("200 OK", [])
        return []

    async def scenario() -> list[int]:
        async with Running(application, threads=1, most_waiting=2) as running:
            asked = [running.ask()]
            await asyncio.to_thread(begun.wait, 10)
            asked += [running.ask() for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(BusyError):
                await running.ask()
            release.set()
            return [(await one).status for one in asked]

    assert asyncio.run(scenario()) == [200, 200, 200]


def test_thread_that_was_idle_last_works_first() -> None:
    names: list[str] = []

    def application(_environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        names.append(threading.current_thread().name)
        start_response("204 No Content", [])
        return []

    async def one_after_the_other() -> None:
        async with Running(application) as running:
            for _ in range(8):
                await running.ask()
                await asyncio.sleep(0.01)

    asyncio.run(one_after_the_other())
    assert len(set(names[1:])) == 1
