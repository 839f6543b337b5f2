"""What was accepted and is no event is shown to the school's administrators, and to nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.behavior.support import make_event
from tests.integration.evaluations.conftest import ApiClient
from tests.support.events import store
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

PATH = "/rejected-events"


def client_of(school_id: str, role: Role) -> ApiClient:
    return ApiClient(id_token_of(make_account(f"{role}.{school_id}", role, school_id, "per-001")))


@pytest.mark.usefixtures("cloud")
def test_administrators_see_what_was_sent_and_why_it_is_no_event(school_id: str, other_school_id: str) -> None:
    first = make_event(value=1)
    store(school_id, "est-001", [first, make_event(occurred_at="1970-01-01T00:00:00Z", note="reloj sin pila")])
    store(school_id, "est-001", [first | {"value": 2}])
    results = client_of(school_id, Role.SCHOOL_ADMIN).get(PATH).json()["results"]
    assert sorted(one["reason"] for one in results) == ["event_id: taken", "occurred_at: too_old"]
    assert {one["student_id"] for one in results} == {"est-001"}
    contents = {one["reason"]: json.loads(one["content"]) for one in results}
    assert contents["event_id: taken"]["value"] == 2
    assert contents["occurred_at: too_old"]["note"] == "reloj sin pila"
    assert client_of(other_school_id, Role.SCHOOL_ADMIN).get(PATH).json()["results"] == []


@pytest.mark.parametrize("role", [Role.TEACHER, Role.STUDENT, Role.AUDITOR])
def test_nobody_else_does(cloud: Cloud, school_id: str, role: Role) -> None:  # noqa: ARG001 - the cloud must stand
    assert client_of(school_id, role).get(PATH).status_code == 403
