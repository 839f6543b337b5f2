"""A client of the whole middleware stack over views that go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client, override_settings

from behavior.door import authentication
from edu.identity import middleware
from edu.identity.principal import Principal, Role
from edu.identity.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Iterator


class NamingVerifier:
    """Takes a token that is a role's name, as its one account; ``error`` is raised instead when there is one."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def remembered(self, token: str) -> None:
        """Nobody: each token is verified."""

    def principal_at_once(self, token: str) -> None:
        """Nobody: each token is asked for where one may wait."""

    def principal(self, token: str) -> Principal:
        """The caller."""
        if self.error:
            raise self.error
        try:
            return Principal(f"subject-{token}", Role(token), "norte", f"person-{token}")
        except ValueError as error:
            raise InvalidTokenError("made up") from error


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> NamingVerifier:
    verifier = NamingVerifier()
    for door in (middleware, authentication):
        monkeypatch.setattr(door, "verifier", lambda: verifier)
    return verifier


@pytest.fixture
def client(verifier: NamingVerifier) -> Iterator[Client]:  # noqa: ARG001 - no real pool is asked
    with override_settings(ROOT_URLCONF="tests.unit.edu.http.urls"):
        yield Client(raise_request_exception=False)
