"""Many schools' requests at once: over threads to the WSGI application, over one event loop to the event door."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from behavior.door.application import EVENTS_PATH, event_door
from edu.identity.principal import Role
from tests.isolation.concurrency_spy import asking
from tests.isolation.routes_doors import keywords_of
from tests.isolation.workers_forgeries import event
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM, import_school
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.cloud import Cloud

THREADS = 8


@dataclass(frozen=True)
class Tenant:
    """A school whose ids are all like every other's but its own, which stands in every name."""

    school_id: str
    teacher: str
    student: str
    open_day: str


@dataclass(frozen=True)
class Seen:
    """An answer: to whom, with what status, and which schools its body tells of."""

    school_id: str
    status: int
    told: frozenset[str]

    @property
    def is_clean(self) -> bool:
        """Whether it succeeded and tells of nobody else."""
        return self.status in {200, 201} and self.told <= {self.school_id}


def make_tenants(count: int) -> list[Tenant]:
    """So many schools, with a teacher's and a student's token each."""
    token = uuid.uuid4().hex[:6]
    made = []
    for number in range(count):
        school_id = f"cruce-{token}-{number:02d}"
        with acting_as("worker"):
            school = import_school(school_id)
        people = {Role.TEACHER: "teacher-1", Role.STUDENT: "student-000"}
        tokens = {
            role: id_token_of(make_account(f"{role}.{school_id}", role, school_id, person))
            for role, person in people.items()
        }
        term = next(term for term in school.school.terms if term.term_id == OPEN_TERM)
        made.append(Tenant(school_id, tokens[Role.TEACHER], tokens[Role.STUDENT], term.starts_on.isoformat()))
    return made


def request_all(tenants: Sequence[Tenant], count: int) -> list[Seen]:
    """``count`` requests in a shuffled order of schools and kinds, by several threads."""
    from edu.wsgi import application  # noqa: PLC0415 - it checks the settings, which stand by now

    order = [tenants[number % len(tenants)] for number in range(count)]
    random.Random(3).shuffle(order)  # noqa: S311 - an order
    numbered = list(enumerate(order))
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda one: _request(application, one[1], one[0]), numbered))


def _request(application: Callable[..., Any], tenant: Tenant, number: int) -> Seen:
    token = asking.set(tenant.school_id)
    try:
        match number % 4:
            case 0:
                return _call(application, tenant, "GET", "/api/v1/sections")
            case 1:
                return _call(application, tenant, "GET", "/api/v1/sections/mat-5a/students")
            case 2:
                return _call(application, tenant, "GET", "/api/v1/sections/mat-5a/evaluations")
            case _:
                body = {"term_id": OPEN_TERM, "kind": "quiz", "title": f"De {tenant.school_id}.", "weight": "1.00"}
                body |= {"held_on": tenant.open_day}
                return _call(application, tenant, "POST", "/api/v1/sections/mat-5a/evaluations", body)
    finally:
        asking.reset(token)


def _call(
    application: Callable[..., Any], tenant: Tenant, method: str, path: str, body: dict[str, Any] | None = None
) -> Seen:
    content = json.dumps(body).encode() if body else b""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {tenant.teacher}",
        "HTTP_IDEMPOTENCY_KEY": uuid.uuid4().hex,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    started: list[str] = []
    parts = application(environ, lambda status, _headers, _exc=None: started.append(status))
    text = b"".join(parts).decode()
    if hasattr(parts, "close"):
        parts.close()
    return Seen(tenant.school_id, int(started[0][:3]), frozenset(re.findall(r"cruce-[0-9a-f]{6}-\d\d", text)))


def post_events(cloud: Cloud, tenants: Sequence[Tenant], count: int) -> tuple[int, int]:
    """``count`` events over one event loop: how many were taken, and how many parts name a school not theirs."""
    sqs, url = cloud.root("sqs"), cloud.outputs["BehaviorQueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    accepted = asyncio.run(_post_all(tenants, count))
    crossed = 0
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            for part in keywords_of(message["Body"])["parts"]:
                crossed += any(one["note"] != f"de {part['school_id']}." for one in part["events"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return accepted, crossed


async def _post_all(tenants: Sequence[Tenant], count: int) -> int:
    transport = httpx.ASGITransport(app=event_door())
    async with httpx.AsyncClient(transport=transport, base_url="http://door", timeout=120) as client:

        async def post(tenant: Tenant) -> bool:
            headers = {"Authorization": f"Bearer {tenant.student}"}
            given = event(f"de {tenant.school_id}.")
            answer = await client.post(EVENTS_PATH, json=given, headers=headers)
            return answer.status_code == httpx.codes.ACCEPTED

        answers = await asyncio.gather(*(post(tenants[number % len(tenants)]) for number in range(count)))
    return sum(answers)
