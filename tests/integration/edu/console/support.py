"""Signing in at the console as a person does, and looking at its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.browsers import Browser
from tests.support.tokens import PASSWORD, make_account

if TYPE_CHECKING:
    from django.test import Client

    from edu.identity.principal import Role

LOGIN = "/admin/login/?next=/admin/"
AUDIT = "/admin/console/auditentry/"
EVALUATIONS = "/admin/evaluations/evaluation/"


def sign_in(username: str, password: str = PASSWORD, **headers: str) -> Client:
    """A client that has sent the login form; whether it was let in is the test's to ask."""
    client = Browser(headers=headers)
    client.get(LOGIN)
    client.post(LOGIN, {"username": username, "password": password})
    return client


def staff(role: Role, school_id: str | None) -> Client:
    """A client signed in as a member of staff with an account of its own."""
    username = f"{role}.{school_id or 'platform'}"
    make_account(username, role, school_id)
    client = sign_in(username)
    assert is_signed_in(client)
    return client


def is_signed_in(client: Client) -> bool:
    """Whether the console's first page opens, instead of asking who is there."""
    answer = client.get("/admin/")
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


def page(client: Client, path: str) -> str:
    """A page that must open."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()
