"""Both doors keep one contract, but for the differences that ``door_cases`` names; and what only the worker can tell.

A difference that is none any more fails here: each case says what either door answers.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from edu.identity.principal import Role
from tests.integration.behavior.conftest import sign_in_student
from tests.integration.behavior.door_cases import CASES, LIMITS, METHOD, TAKEN, WORDS
from tests.integration.behavior.messages import events_of
from tests.integration.behavior.support import EVENTS_PATH, Student, make_event, running_warm_worker, stored_events
from tests.integration.evaluations.conftest import ApiClient
from tests.support.processes import running_door
from tests.support.tokens import id_token_of, make_account
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.behavior.door_cases import Case
    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud

DOORS = ("door", "gateway")
SET_ASIDE = [case for case in CASES if case.set_aside]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """One of the two."""
    name: str = request.param
    return name


@pytest.fixture
def url(cloud: Cloud, door_url: str, door: str) -> str:
    """Where it takes events."""
    return door_url if door == "door" else cloud.environment["LIBRETA_EVENTS_API_URL"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_of_the_contract(queue: BehaviorQueue, url: str, door: str, student: Student, case: Case) -> None:
    answer = _send(url, student, case)
    assert answer.status_code == (case.door if door == "door" else case.at_the_gateway), answer.text
    if answer.status_code == TAKEN:
        events = events_of(queue.take())
        assert answer.json() == {"accepted": True, "events": len(events)}
        assert {event[:2] for event in events} == {(student.school_id, student.student_id)}
    else:
        assert "accepted" not in answer.json() or answer.json()["accepted"] is False
        assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
    assert queue.depth() == 0


@pytest.mark.parametrize("role", [Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR])
def test_who_is_no_student_is_refused(queue: BehaviorQueue, url: str, school_id: str, role: Role) -> None:
    account = make_account(f"{school_id}.{role}", role, school_id, "persona-1")
    assert Student(school_id, "", id_token_of(account)).post(url, make_event()).status_code == 403
    assert queue.depth() == 0


def test_student_whose_account_names_no_person_is_refused(queue: BehaviorQueue, url: str, school_id: str) -> None:
    account = make_account(f"{school_id}.nadie", Role.STUDENT, school_id)
    assert Student(school_id, "", id_token_of(account)).post(url, make_event()).status_code == 403
    assert queue.depth() == 0


def test_queue_that_refuses_is_told_to_try_again_and_never_to_give_up(
    cloud: Cloud, queue: BehaviorQueue, door: str, student: Student
) -> None:
    """A queue that is not there, as SQS's throttling, is a 4xx of SQS: what a device is told is another thing."""
    with _door_before_no_queue(cloud, door) as url:
        refused = student.post(url, make_event())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert queue.depth() == 0


def test_difference_in_words(url: str, door: str, student: Student) -> None:
    refused = student.post(url, b"1")
    told = "code" in refused.json() and "x-correlation-id" in refused.headers
    assert told is (door == "door"), WORDS


def test_difference_in_methods(url: str, door: str, student: Student) -> None:
    refused = httpx.get(url, headers={"Authorization": f"Bearer {student.token}"}, trust_env=False)
    assert refused.status_code == (405 if door == "door" else 403), METHOD


def test_difference_in_limits(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    with running_door(cloud, LIBRETA_EVENTS_A_MINUTE_OF_DEVICE="1") as (_process, base_url):
        answers = [student.post(base_url + EVENTS_PATH, make_event()) for _ in range(3)]
    gateway = [student.post(cloud.environment["LIBRETA_EVENTS_API_URL"], make_event()) for _ in range(3)]
    assert 429 in [answer.status_code for answer in answers]
    assert [answer.status_code for answer in gateway] == [TAKEN] * 3, LIMITS
    assert queue.depth() > 3


def test_what_the_gateway_cannot_check_is_set_aside_and_the_rest_of_the_batch_is_stored(
    cloud: Cloud, queue: BehaviorQueue, student: Student, school_id: str
) -> None:
    url = cloud.environment["LIBRETA_EVENTS_API_URL"]
    good = [make_event(value=number) for number in range(4)]
    other = sign_in_student(school_id, "est-002")
    with running_warm_worker(cloud, queue):
        for place, case in enumerate(SET_ASIDE):
            assert student.post(url, good[place % 4]).status_code == TAKEN
            assert _send(url, student, case).status_code == TAKEN
        assert other.post(url, make_event()).status_code == TAKEN
        queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in good}
    assert len(stored_events(other)) == 1
    assert queue.depth(queue.dead_letters_url) == 0
    account = make_account(f"direccion.{school_id}", Role.SCHOOL_ADMIN, school_id, "per-001")
    shown = wait_until(lambda: ApiClient(id_token_of(account)).get("/rejected-events").json()["results"], what="them")
    assert sorted(one["reason"] for one in shown) == sorted(case.set_aside for case in SET_ASIDE)
    assert {one["student_id"] for one in shown} == {"est-001"}


def _send(url: str, student: Student, case: Case) -> httpx.Response:
    headers = {"Authorization": f"Bearer {student.token}", "Content-Type": "application/json", **case.headers}
    given = {name: value for name, value in headers.items() if value is not None}
    return httpx.post(url, content=case.body(), headers=given, timeout=30, trust_env=False)


@contextmanager
def _door_before_no_queue(cloud: Cloud, door: str) -> Iterator[str]:
    if door == "door":
        missing = cloud.environment["LIBRETA_BEHAVIOR_QUEUE_URL"] + "-missing"
        with running_door(cloud, LIBRETA_BEHAVIOR_QUEUE_URL=missing) as (_process, base_url):
            yield base_url + EVENTS_PATH
        return
    gateway, api = cloud.root("apigateway"), cloud.outputs["EventsApiId"]
    [resource] = [one for one in gateway.get_resources(restApiId=api)["items"] if one["path"] == "/behavior"]
    method = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "POST"}
    uri = gateway.get_integration(**method)["uri"]
    try:
        _point(cloud, method, f"{uri}-missing")
        yield cloud.environment["LIBRETA_EVENTS_API_URL"]
    finally:
        _point(cloud, method, uri)


def _point(cloud: Cloud, method: dict[str, str], uri: str) -> None:
    operations = [{"op": "replace", "path": "/uri", "value": uri}]
    cloud.root("apigateway").update_integration(**method, patchOperations=operations)
    assert cloud.root("apigateway").get_integration(**method)["uri"] == uri
