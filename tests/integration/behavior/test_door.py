"""The door as a real process: who gets in, and what a body cannot change."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from edu.identity.principal import Role
from tests.integration.behavior.messages import events_of
from tests.integration.behavior.support import EVENTS_PATH, Student, make_event
from tests.support.ports import free_port
from tests.support.processes import running_door
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud


@pytest.mark.parametrize("field", ["school_id", "student_id"])
def test_forged_school_or_student_changes_nothing(
    queue: BehaviorQueue, door_url: str, student: Student, other_school_id: str, field: str
) -> None:
    refused = student.post(door_url, make_event(**{field: other_school_id}))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["rule"] == "unknown_field"
    assert queue.depth() == 0


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer eyJhbGciOiJub25lIn0.e30."])
def test_caller_without_a_good_token_is_told_to_sign_in(
    queue: BehaviorQueue, door_url: str, student: Student, authorization: str
) -> None:
    refused = student.post(door_url, make_event(), Authorization=authorization)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="libreta"')
    assert "detail" not in refused.json()
    assert queue.depth() == 0


@pytest.mark.parametrize("role", [Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR])
def test_caller_who_is_no_student_is_refused(queue: BehaviorQueue, door_url: str, school_id: str, role: Role) -> None:
    account = make_account(f"{school_id}.{role}", role, school_id, "persona-1")
    refused = Student(school_id, "", id_token_of(account)).post(door_url, make_event())
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert queue.depth() == 0


def test_student_whose_account_names_no_person_is_refused(queue: BehaviorQueue, door_url: str, school_id: str) -> None:
    account = make_account(f"{school_id}.nadie", Role.STUDENT, school_id)
    assert Student(school_id, "", id_token_of(account)).post(door_url, make_event()).status_code == 403
    assert queue.depth() == 0


def test_body_past_the_limit_is_refused(queue: BehaviorQueue, door_url: str, student: Student) -> None:
    assert student.post(door_url, b" " * 262_145).status_code == 413
    assert queue.depth() == 0


def test_events_are_never_accepted_while_the_queue_cannot_be_reached(cloud: Cloud, student: Student) -> None:
    """The keys come from the pool (a setting of their own), so only SQS is out of reach."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_door(cloud, AWS_ENDPOINT_URL=nowhere) as (_process, base_url):
        refused = student.post(base_url + EVENTS_PATH, make_event())
    assert (refused.status_code, refused.json()["code"]) == (503, "queue_unavailable")
    assert refused.headers["retry-after"] == "2"


def test_events_are_never_accepted_while_the_queue_refuses_them(cloud: Cloud, student: Student) -> None:
    missing = cloud.environment["LIBRETA_BEHAVIOR_QUEUE_URL"] + "-missing"
    with running_door(cloud, LIBRETA_BEHAVIOR_QUEUE_URL=missing) as (_process, base_url):
        assert student.post(base_url + EVENTS_PATH, make_event()).status_code == 503


def test_requests_at_once_keep_their_own_correlation_ids(queue: BehaviorQueue, door_url: str, student: Student) -> None:
    def post(number: int) -> tuple[int, str, str]:
        sent = f"{number:016x}"
        reply = student.post(door_url, make_event(), X_Correlation_Id=sent)
        return reply.status_code, sent, reply.headers["x-correlation-id"]

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(post, range(64)))
    assert all(status == 202 and sent == came_back for status, sent, came_back in replies)
    assert sum(len(events_of(queue.take())) for _ in range(queue.depth())) == 64


def test_body_of_a_client_that_hangs_up_is_not_taken(queue: BehaviorQueue, door_url: str, student: Student) -> None:
    """Half a body that would be a good event by itself, were its announced length not believed."""
    body = json.dumps(make_event()).encode()
    address = urlsplit(door_url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {student.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body) * 2}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0)) as client:
        client.sendall(head.encode() + body)
    assert student.post(door_url, make_event()).status_code == 202
    assert queue.depth() == 1
