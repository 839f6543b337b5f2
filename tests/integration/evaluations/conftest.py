"""A teacher's HTTP client with a real token."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from edu.identity.principal import Role
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from edu.identity.cognito import Account
    from tests.support.schools import TestSchool


class ApiClient:
    """Sends JSON with a bearer token and, on writes, an Idempotency-Key."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client()

    def get(self, path: str, **headers: str) -> Response:
        return self._client.get(f"/api/v1{path}", headers=self._headers(headers))

    def post(self, path: str, data: Any, *, key: str | None = None, **headers: str) -> Response:
        if key != "":
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        body = data if isinstance(data, (str, bytes)) else json.dumps(data)
        return self._client.post(
            f"/api/v1{path}", data=body, content_type="application/json", headers=self._headers(headers)
        )

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in more.items()}}


def account_of(school: TestSchool, role: Role, person_id: str = "") -> Account:
    return make_account(f"{role}-{person_id or 'x'}.{school.school_id}", role, school.school_id, person_id)


@pytest.fixture
def teacher(school: TestSchool) -> ApiClient:
    """The teacher of ``mat-5a``."""
    return ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-1")))


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
