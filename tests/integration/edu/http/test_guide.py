"""The contract's first steps, taken word for word: sign in with curl's request, look around, write."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import httpx
from django.conf import settings
from django.test import Client

from edu.http.guide import SIGN_IN, WRITE
from edu.identity.principal import Role
from tests.integration.evaluations.conftest import account_of
from tests.support.tokens import PASSWORD

if TYPE_CHECKING:
    from tests.integration.edu.http.conftest import Place


def _asked(command: str) -> tuple[dict[str, str], str]:
    """The headers and the body that a curl command sends."""
    headers = dict(re.findall(r"-H ['\"]([^:]+): ([^\n]*)['\"] \\\n", command))
    body = re.search(r"-d '(.*)'$", command, re.DOTALL)
    assert body
    return headers, body[1]


def _sign_in(body: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = httpx.post(str(settings.AWS_ENDPOINT_URL), headers=headers, content=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["AuthenticationResult"]
    return found


def test_first_steps_lead_to_a_recorded_score(place: Place) -> None:
    account = account_of(place.school, Role.TEACHER, "teacher-1")
    headers, body = _asked(SIGN_IN)
    said = {"<client>": settings.USER_POOL_CLIENT_ID, "<name>": account.username, "<password>": PASSWORD}
    for placeholder, value in said.items():
        body = body.replace(placeholder, value)
    signed_in = _sign_in(body, headers)
    renewing = body.replace("USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH")
    renewing = re.sub(r'{"USERNAME".*}}', f'{{"REFRESH_TOKEN": "{signed_in["RefreshToken"]}"}}}}', renewing)
    for token in (signed_in["IdToken"], _sign_in(renewing, headers)["IdToken"]):
        bearer = {"Authorization": f"Bearer {token}"}
        sections = Client().get(Client().get("/api/v1/").json()["reads"]["list_sections"], headers=bearer).json()
        assert [section["section_id"] for section in sections["results"]] == ["mat-5a"]
        headers_of_write, score = _asked(WRITE)
        assert headers_of_write.keys() == {"Authorization", "Idempotency-Key", "If-None-Match", "Content-Type"}
    written = Client().put(
        f"/api/v1/evaluations/{place.evaluation_id}/scores/student-001",
        data=score,
        content_type=headers_of_write["Content-Type"],
        headers=bearer | {"Idempotency-Key": str(uuid.uuid4()), "If-None-Match": headers_of_write["If-None-Match"]},
    )
    assert (written.status_code, written.json()["value"]) == (201, "6.5")
    assert Client().get(written.headers["Location"], headers=bearer).json() == written.json()
