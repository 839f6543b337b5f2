"""Django's WSGI handler as an ASGI application: complete requests go to a few threads, and answers come back whole.

Django's own ASGI handler gives each request a thread of its own and is four times slower (ADR 0007).
"""

from __future__ import annotations

import asyncio
import io
import sys
from functools import lru_cache
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from django.conf import settings

from edu.errors import LibretaError
from edu.http.errors import BusyError
from edu.http.front.answers import Answer, Answers
from edu.http.front.files import kept_file
from edu.http.front.heads import head_of
from edu.http.front.line import Line, Place
from edu.http.front.senders import place_of
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import WSGIApplication

    from edu.http.front.application import Scope
    from edu.http.front.bodies import Receive
    from edu.http.front.limits import Limits
    from edu.http.front.refusals import Send

THREADS = 4  # measured: four beat eight (ADR 0007)
MOST_WAITING = 256  # requests in line for a thread: some two seconds of work
_BASE: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
_STATIC_URL: str = settings.STATIC_URL
_log = get_logger(__name__)


class _Job(NamedTuple):
    scope: Scope
    body: bytes
    loop: asyncio.AbstractEventLoop
    answered: asyncio.Future[Answer]


class ThreadedWSGI:
    """Runs a WSGI application in ``THREADS`` threads. Expects complete requests (``edu.http.front``)."""

    def __init__(
        self,
        application: WSGIApplication,
        limits: Limits,
        *,
        threads: int = THREADS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._application = application
        self._answers = Answers(limits)
        self._line = Line[_Job](threads=threads, most_waiting=most_waiting)
        self._threads = [Thread(target=self._work, name=f"wsgi-{n}", daemon=True) for n in range(threads)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and end.

        Raises:
            BusyError: too many requests are in line, and this one lost its place unbegun; or its answer has no room.
        """
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        loop = asyncio.get_running_loop()
        job = _Job(scope, (await receive())["body"], loop, loop.create_future())
        lost = self._line.put(place_of(head_of(scope)), job)
        if lost and not lost.answered.done():
            lost.answered.set_exception(BusyError())
        await self._answers.send(await job.answered, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for thread in self._threads:
                    thread.start()
            else:
                await asyncio.to_thread(self._end)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def _end(self) -> None:
        self._line.end()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        own: SimpleQueue[tuple[Place, _Job] | None] = SimpleQueue()
        done: Place | None = None
        while (turn := self._line.get(own, done)) is not None:
            done, job = turn
            try:
                answer = run_wsgi(self._application, environ_of(job.scope, job.body))
            except BaseException:  # noqa: BLE001 - Django answers its own; a thread must outlive whatever this was
                _log.exception("request failed", code=LibretaError.code)
                answer = Answer(LibretaError.status, [(b"content-length", b"0")], b"")
            job.loop.call_soon_threadsafe(_set, job.answered, answer)


def _set(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of a complete request.

    A field whose name has an underscore is left out: its name here would be another's, which a proxy may vouch for.
    """
    environ = {
        **_BASE,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in scope["headers"]:
        key, text = _key_of(name), value.decode("latin-1")
        if key in environ:
            text = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','}{text}"
        if key:
            environ[key] = text
    if environ["PATH_INFO"].startswith(_STATIC_URL):
        environ["wsgi.file_wrapper"] = kept_file
    if "HTTP_CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    framed = [environ.pop(key, None) for key in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")]
    if any(framed):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


@lru_cache(maxsize=256)
def _key_of(name: bytes) -> str:
    """A field's key; empty for one that is left out."""
    return "" if b"_" in name else f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"


def run_wsgi(application: WSGIApplication, environ: dict[str, Any]) -> Answer:
    """The application's answer, whole: no reader of it can hold the thread."""
    started: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        started[:] = status, headers
        return _no_write

    parts: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = started
    return Answer(int(status[:3]), [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers], body)


def _no_write(_data: bytes) -> object:
    raise NotImplementedError("write() of WSGI's start_response")
