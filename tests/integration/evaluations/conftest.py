"""A teacher's HTTP client with a real token, and a school with nobody in it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from edu.identity.principal import Role
from tests.integration.evaluations.rosters import make_empty_school
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from edu.identity.cognito import Account
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool


@pytest.fixture
def own(cloud: Cloud, school_id: str) -> str:
    """A school with nobody in it."""
    assert cloud.outputs
    return make_empty_school(school_id)


class ApiClient:
    """Sends JSON with a bearer token and, on writes, an Idempotency-Key."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client()

    def get(self, path: str, **headers: str) -> Response:
        return self._client.get(f"/api/v1{path}", headers=self._headers(headers))

    def post(self, path: str, data: Any, *, key: str | None = None, **headers: str) -> Response:
        return self._write("POST", path, data, key, headers)

    def send(
        self, method: str, path: str, data: Any, *, version: int | None = None, key: str | None = None, **headers: str
    ) -> Response:
        """Any write; ``version`` becomes its If-Match."""
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._write(method, path, data, key, headers)

    def _write(self, method: str, path: str, data: Any, key: str | None, headers: dict[str, str]) -> Response:
        if key != "":
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        body = data if isinstance(data, (str, bytes)) else json.dumps(data)
        return self._client.generic(
            method, f"/api/v1{path}", data=body, content_type="application/json", headers=self._headers(headers)
        )

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in more.items()}}


def problem_of(response: Any) -> dict[str, Any]:
    """The body of an answer that must be a problem."""
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


def refused(response: Any) -> tuple[int, str]:
    """The status and code of an answer that must be a problem."""
    return response.status_code, problem_of(response)["code"]


def account_of(school: TestSchool, role: Role, person_id: str = "") -> Account:
    return make_account(f"{role}-{person_id or 'x'}.{school.school_id}", role, school.school_id, person_id)


@pytest.fixture
def teacher(school: TestSchool) -> ApiClient:
    """The teacher of ``mat-5a``."""
    return ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-1")))


@pytest.fixture
def admin(school: TestSchool) -> ApiClient:
    """An administrator of the school."""
    return ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN)))


@pytest.fixture
def neighbour(other_school: TestSchool) -> ApiClient:
    """The teacher of the other school's ``mat-5a``."""
    return ApiClient(id_token_of(account_of(other_school, Role.TEACHER, "teacher-1")))


@pytest.fixture
def evaluation_id(teacher: ApiClient, exam: dict[str, Any]) -> str:
    """An evaluation of ``mat-5a``."""
    found: str = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    return found


@pytest.fixture
def exam(school: TestSchool) -> dict[str, Any]:
    """A valid new evaluation."""
    held_on = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    return {
        "term_id": OPEN_TERM,
        "kind": "exam",
        "title": "Prueba de fracciones",
        "weight": "25.00",
        "held_on": held_on.isoformat(),
    }


@pytest.fixture
def score_path(teacher: ApiClient, evaluation_id: str) -> str:
    """A recorded score of 6.5, at version 1."""
    created = teacher.post(f"/evaluations/{evaluation_id}/scores", {"student_id": "student-001", "value": "6.5"})
    assert created.status_code == 201
    return f"/evaluations/{evaluation_id}/scores/student-001"
