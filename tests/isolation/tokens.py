"""Forged tokens over the real handlers: an API address, a console page, the event door (issue 3, point 7)."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from unittest import mock

import httpx
import structlog
from django.conf import settings

from behavior.door.application import EVENTS_PATH, event_door
from edu.identity import tokens as product
from tests.isolation import tokens_challenges
from tests.isolation.routes_http import Ask, send
from tests.isolation.routes_school import new_client
from tests.isolation.sections import Cell, Hole, Section
from tests.isolation.tokens_forged import Keys, forged, good_claims, signed
from tests.isolation.workers_forgeries import event
from tests.support.cloud import acting_as
from tests.support.schools import import_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

API, CONSOLE = "/api/v1/sections", "/admin/evaluations/evaluation/"
_FLOOD = 300
_SHORTEST_TELLTALE = 8


def run(cloud: Cloud) -> Section:
    """Every forgery at every door; then a flood of unknown keys; and a good token, which all of them take."""
    school_id = f"ficha-{uuid.uuid4().hex[:6]}"
    with acting_as("worker"):
        import_school(school_id)
    keys = Keys()
    teacher = good_claims(school_id, "teacher", "teacher-1")
    student = good_claims(school_id, "student", "student-000")
    cells: list[Cell] = []
    with _pool(keys) as pool:
        for (name, token), (_name, of_student) in zip(
            forged(keys, teacher, pool.trap_url), forged(keys, student, pool.trap_url), strict=True
        ):
            cells += _attempts(name, token, of_student)
        cells += _controls(keys, teacher, student)
        cells += _trapped(pool)
        cells += _flood(keys, teacher, pool)
    cells += tokens_challenges.attack(cloud)
    return Section(name="tokens", title="Forged tokens", intro=_INTRO, cells=tuple(cells), remarks=_REMARKS)


_INTRO = (
    "The verifier trusts a pool whose signing key the matrix holds, so each forgery is good but for the one thing "
    "its name says. API and door answer 401 without a reason, the console sends to its sign-in; the log has one line"
    " of it, without the token. Then the ways to a token that go past the sign-in: challenges answered unasked, and "
    "pages of other sites."
)
_REMARKS = (
    (
        "A good token stays good until its hour is over, whatever becomes of its account in the meantime: Cognito is"
        " not asked at each request. The console asks when its ID token ends."
    ),
)


@dataclass
class _Pool:
    """The pool's key server, and the address an attacker's headers lead to; both count their visits."""

    url: str
    visits: Counter[str] = field(default_factory=Counter)

    @property
    def trap_url(self) -> str:
        """Where nobody may go."""
        return f"{self.url}/trap"


@contextmanager
def _pool(keys: Keys) -> Iterator[_Pool]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            pool.visits[self.path] += 1
            content = keys.jwks()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    pool = _Pool(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with mock.patch.object(settings, "JWKS_URL", f"{pool.url}/keys"):
            product.verifier.cache_clear()
            yield pool
    finally:
        product.verifier.cache_clear()
        server.shutdown()
        server.server_close()


def _attempts(name: str, token: str, of_student: str) -> Iterator[Cell]:
    with structlog.testing.capture_logs() as logs:
        status, text = _api(token)
    yield _cell(name, "API", "401", status if "detail" not in text else f"{status} WITH A REASON")
    yield _cell(name, "API: log", "one line, no token", _logged(logs, token))
    yield _cell(name, "console", "302 sign in", _console(token))
    with structlog.testing.capture_logs() as logs:
        status = _door(of_student)
    yield _cell(name, "door", "401", status)
    yield _cell(name, "door: log", "one line, no token", _logged(logs, of_student))


def _cell(row: str, column: str, expected: str, observed: str) -> Cell:
    return Cell(row, column, "the school it names", expected, observed)


def _logged(logs: list[structlog.typing.EventDict], token: str) -> str:
    lines = [line for line in logs if line["event"] == "token refused"]
    telltales = [
        part for part in token.replace(",", ".").replace(" ", ".").split(".") if len(part) > _SHORTEST_TELLTALE
    ]
    told = any(part in str(line) for line in logs for part in telltales)
    said = "one line" if len(lines) == 1 else f"{len(lines)} lines"
    return f"{said}, {'THE TOKEN' if told else 'no token'}"


def _controls(keys: Keys, teacher: dict[str, object], student: dict[str, object]) -> Iterator[Cell]:
    yield _cell("a good token", "API", "200", _api(signed(keys, teacher))[0])
    yield _cell("a good token", "console", "302 sign in", _console(signed(keys, teacher)))
    with mock.patch("edu.aws.sending.QueueSender.send"):
        yield _cell("a good token", "door", "202", _door(signed(keys, student)))
    yield _cell("a good token of a teacher", "door", "403", _door(signed(keys, teacher)))


def _trapped(pool: _Pool) -> Iterator[Cell]:
    led = "LED" if pool.visits["/trap"] else "never"
    yield _cell("headers that lead to the attacker's keys", "key server", "never", led)


def _flood(keys: Keys, teacher: dict[str, object], pool: _Pool) -> Iterator[Cell]:
    """Many unknown key ids within seconds: the pool is asked at most once more."""
    before = pool.visits["/keys"]
    statuses = {_api(signed(keys, teacher, kid=f"unknown-{number}"))[0] for number in range(_FLOOD)}
    fetched = pool.visits["/keys"] - before
    row = f"{_FLOOD} tokens with unknown key ids at once"
    yield _cell(row, "API", "401", ", ".join(sorted(statuses)))
    yield _cell(row, "key server", "at most one fetch", "at most one fetch" if fetched <= 1 else f"{fetched} fetches")
    yield _cell(row, "a good token meanwhile", "200", _api(signed(keys, teacher))[0])


HOLES = (
    Hole(
        name="challenges-unchecked",
        says="the emulated Cognito takes any session for a challenge, from any page, as stock ministack's does",
        plant=lambda _cloud: nullcontext(),
        without="challenge_sessions",
        narrow=tokens_challenges.run,
    ),
)


def _api(token: str) -> tuple[str, str]:
    answer = send(new_client(), Ask("GET", API), {"Authorization": f"Bearer {token}"})
    return str(answer.status), answer.body


def _console(token: str) -> str:
    answer = send(new_client(), Ask("GET", CONSOLE), {"Authorization": f"Bearer {token}"})
    return f"{answer.status} {answer.category}"


def _door(token: str) -> str:
    return asyncio.run(_post(token))


async def _post(token: str) -> str:
    transport = httpx.ASGITransport(app=event_door())
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        headers = [(b"Authorization", f"Bearer {token}".encode())]
        return str((await client.post(EVENTS_PATH, json=event(), headers=headers)).status_code)
