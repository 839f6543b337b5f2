"""The front door on AWS: API Gateway puts a student's event into the queue, with nothing of ours in between."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud


@dataclass(frozen=True)
class Tokens:
    """What Cognito gave somebody at login."""

    identity: str
    access: str


@pytest.fixture
def queue(cloud: Cloud) -> Iterator[str]:
    """The behaviour queue, empty before and after."""
    url = cloud.outputs["BehaviorQueueUrl"]
    cloud.root("sqs").purge_queue(QueueUrl=url)
    yield url
    cloud.root("sqs").purge_queue(QueueUrl=url)


@pytest.fixture
def student(cloud: Cloud, school_id: str) -> Tokens:
    return _login(cloud, school_id=school_id, role="student", person_id="st-0001")


def _login(cloud: Cloud, **attributes: str) -> Tokens:
    cognito = cloud.root("cognito-idp")
    name, password = f"user-{uuid.uuid4().hex}", f"Aa1{secrets.token_hex(12)}"
    pool = cloud.outputs["UserPoolId"]
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": f"custom:{key}", "Value": value} for key, value in attributes.items()],
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    given = cognito.initiate_auth(
        ClientId=cloud.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )["AuthenticationResult"]
    return Tokens(given["IdToken"], given["AccessToken"])


def _event(**extra: object) -> dict[str, object]:
    return {
        "event_id": str(uuid.uuid4()),
        "kind": "participation",
        "occurred_at": "2026-11-24T10:30:00-05:00",
        "value": 3.5,
        "note": "Dijo \"sí\" & 'no' = 100 % ñandú $context #set",
        **extra,
    }


def _post(cloud: Cloud, token: str | None, body: object, content_type: str = "application/json") -> httpx.Response:
    headers = {"Content-Type": content_type} | ({"Authorization": token} if token else {})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(cloud.environment["LIBRETA_EVENTS_API_URL"], content=content, headers=headers)


def _messages(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    got = (
        cloud.root("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", [])
    )
    return [json.loads(message["Body"]) for message in got]


def _run(message: dict[str, Any]) -> dict[str, Any]:
    """What a Celery worker calls the task with when this message reaches it."""
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.update(task_default_queue="behavior", task_ignore_result=True, worker_enable_remote_control=False)
    calls: list[dict[str, Any]] = []
    app.finalize()
    app.tasks.pop("behavior.store_events", None)  # the product's, once its module is imported

    @app.task(name="behavior.store_events", shared=False)
    def store_events(*args: object, **kwargs: object) -> None:
        calls.append({"args": args, **kwargs})

    with start_worker(app, pool="solo", perform_ping_check=False), app.connection_for_write() as connection:
        connection.default_channel._put("behavior", message)  # type: ignore[attr-defined] # only the memory transport has it
        wait_until(lambda: calls, what="the task to run")
    return calls[0]


def test_event_reaches_the_worker_with_school_and_person_of_the_token(
    cloud: Cloud, queue: str, student: Tokens, school_id: str
) -> None:
    event = _event()
    answer = _post(cloud, student.identity, event)
    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "events": 1})
    (message,) = _messages(cloud, queue)
    assert message["headers"]["id"]
    ran = _run(message)
    [part] = ran.pop("parts")
    assert ran == {"args": ()}
    assert abs(part.pop("arrived_at_ms") / 1000 - time.time()) < 60
    assert part == {"school_id": school_id, "student_id": "st-0001", "events": [event]}


@pytest.mark.parametrize("field", ["school_id", "student_id", "custom:school_id", "extra"])
def test_forged_body_is_refused(cloud: Cloud, queue: str, student: Tokens, other_school_id: str, field: str) -> None:
    assert _post(cloud, student.identity, _event(**{field: other_school_id})).status_code == 400
    assert _messages(cloud, queue) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"event_id":',
        b"",
        [1],
        {"kind": "a", "occurred_at": "2026-11-24T10:30:00Z"},
        _event(event_id="1"),
        _event(kind="A B"),
        _event(occurred_at=1_790_000_000),
        _event(occurred_at="yesterday"),
        _event(value="3.5"),
        _event(note="x" * 281),
    ],
)
def test_malformed_event_is_refused(cloud: Cloud, queue: str, student: Tokens, body: object) -> None:
    assert _post(cloud, student.identity, body).status_code == 400
    assert _messages(cloud, queue) == []


@pytest.mark.parametrize("written", ["2026-11-24t15:30:00z", "2026-11-24T10:30:00.123456789-05:00"])
def test_instant_as_rfc_3339_may_write_it_is_taken(cloud: Cloud, queue: str, student: Tokens, written: str) -> None:
    assert _post(cloud, student.identity, _event(occurred_at=written)).status_code == 202
    (message,) = _messages(cloud, queue)
    assert _run(message)["parts"][0]["events"][0]["occurred_at"] == written


def test_other_media_type_is_refused(cloud: Cloud, queue: str, student: Tokens) -> None:
    assert _post(cloud, student.identity, _event(), "text/plain").status_code == 415
    assert _messages(cloud, queue) == []


@pytest.mark.parametrize("role", ["teacher", "school_admin", "auditor", "platform_operator", "Student", "studen"])
def test_other_role_is_refused(cloud: Cloud, queue: str, school_id: str, role: str) -> None:
    tokens = _login(cloud, school_id=school_id, role=role, person_id="te-0001")
    assert _post(cloud, tokens.identity, _event()).status_code == 403
    assert _messages(cloud, queue) == []


def test_account_without_role_is_refused(cloud: Cloud, queue: str, school_id: str) -> None:
    tokens = _login(cloud, school_id=school_id, person_id="te-0001")
    assert _post(cloud, tokens.identity, _event()).status_code == 403
    assert _messages(cloud, queue) == []


def test_request_without_identity_token_is_refused(cloud: Cloud, queue: str, student: Tokens) -> None:
    head, payload, signature = student.identity.split(".")
    forged = f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for token in (None, "x", forged):
        assert _post(cloud, token, _event()).status_code == 401
    # AWS takes what is no identity token for none; the emulator lets it pass to the template, which finds no role in it
    assert _post(cloud, student.access, _event()).status_code in {401, 403}
    assert _messages(cloud, queue) == []
