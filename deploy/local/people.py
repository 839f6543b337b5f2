"""The demo's people: how each reaches the running system, over plain HTTP as their programs would."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from deploy.local.layout import Layout, LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S = 30
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Login:
    """One of the demo's logins."""

    username: str
    role: str
    school_id: str
    person_id: str


class Logins:
    """Everybody who can log in to the demo."""

    def __init__(self, layout: Layout) -> None:
        if not layout.logins_path.is_file():
            raise LocalSystemError("there are no demo logins: start the system with `make run` first")
        found = json.loads(layout.logins_path.read_text(encoding="utf-8"))
        self.password: str = found["password"]
        self.people = [Login(**person) for person in found["people"]]

    def one(self, role: str, school_id: str = "") -> Login:
        """The first person of a role (in a school).

        Raises:
            LocalSystemError: the demo has none.
        """
        for person in self.people:
            if person.role == role and school_id in {"", person.school_id}:
                return person
        raise LocalSystemError(f"the demo has no login of the role {role}{' in ' if school_id else ''}{school_id}")


def sign_in(emulator_url: str, client_id: str, login: Login, password: str) -> str:
    """An ID token, by Cognito's public InitiateAuth as a teacher's or student's app calls it."""
    answer = httpx.post(
        emulator_url,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
        content=json.dumps(
            {
                "AuthFlow": "USER_PASSWORD_AUTH",
                "ClientId": client_id,
                "AuthParameters": {"USERNAME": login.username, "PASSWORD": password},
            }
        ),
        timeout=_TIMEOUT_S,
    )
    token: str = _checked(answer, 200).json()["AuthenticationResult"]["IdToken"]
    return token


class Api:
    """One person's requests to the API and the event door."""

    def __init__(self, token: str) -> None:
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_S)

    def get(self, url: str, *, expect: int = 200) -> Any:  # noqa: ANN401 - whatever JSON it is
        """The JSON at a URL."""
        return _checked(self._client.get(url), expect).json()

    def post(self, url: str, data: Mapping[str, Any], *, expect: int = 201) -> Any:  # noqa: ANN401 - as above
        """The JSON a write answers."""
        answer = self._client.post(url, json=dict(data), headers={"Idempotency-Key": str(uuid.uuid4())})
        return _checked(answer, expect).json()


class Browser:
    """A person's browser on the console: cookies, forms, redirects."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._client = httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S)

    def log_in(self, login: Login, password: str) -> None:
        """Fill in the login form."""
        url = f"{self._base_url}/admin/login/?next=/admin/"
        form = _CSRF.search(self.page("/admin/login/?next=/admin/"))
        if form is None:
            raise LocalSystemError("the console shows no login form")
        data = {"csrfmiddlewaretoken": form.group(1), "username": login.username, "password": password}
        answer = _checked(self._client.post(url, data=data, headers={"Referer": url}), 200)
        if answer.url.path != "/admin/":
            raise LocalSystemError(f"the console did not let {login.username} in")

    def page(self, path: str) -> str:
        """A page's HTML."""
        return _checked(self._client.get(f"{self._base_url}{path}"), 200).text


def _checked(answer: httpx.Response, expect: int) -> httpx.Response:
    if answer.status_code != expect:
        request = answer.request
        said = answer.text[:300] if "json" in answer.headers.get("Content-Type", "") else ""
        raise LocalSystemError(f"{request.method} {request.url.path}: {answer.status_code} {said}")
    return answer
