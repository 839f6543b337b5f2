"""A token that was just verified is known on the event loop, without a thread; any other is verified beside it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from behavior.door.asgi import Request
from behavior.door.authentication import Authenticator, Sender
from edu.http.front.heads import check_head
from edu.http.front.limits import Limits
from edu.identity import tokens
from edu.identity.tokens import InvalidTokenError, TokenVerifier
from tests.support.asgi import scope_of
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, running_issuer

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDENT = {"custom:role": "student", "custom:person_id": "est-1"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with (
        running_issuer() as issuer,
        override_settings(JWKS_URL=issuer.url, JWT_ISSUER=ISSUER, USER_POOL_CLIENT_ID=CLIENT_ID),
    ):
        tokens.verifier.cache_clear()
        yield issuer
    tokens.verifier.cache_clear()


@pytest.fixture
def verified_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which signatures were checked."""
    names: list[str] = []
    check = TokenVerifier.principal

    def noting(self: TokenVerifier, token: str) -> object:
        names.append(threading.current_thread().name)
        return check(self, token)

    monkeypatch.setattr(TokenVerifier, "principal", noting)
    return names


def _request(token: str) -> Request:
    return Request(check_head(scope_of("POST", headers={"Authorization": f"Bearer {token}"}), Limits()), b"")


def test_token_is_verified_in_a_thread_once_and_then_known(issuer: Issuer, verified_in: list[str]) -> None:
    async def scenario() -> None:
        authenticator = Authenticator()
        request = _request(issuer.token(**STUDENT))
        for _ in range(5):
            assert await authenticator.sender_of(request) == Sender("norte", "est-1")
        assert (await authenticator.sender_of(_request(issuer.token(**STUDENT, sub="other")))).student_id == "est-1"
        authenticator.close()

    asyncio.run(scenario())
    assert len(verified_in) == 2
    assert all(name.startswith("authenticator") for name in verified_in)


def test_refused_token_is_refused_every_time(issuer: Issuer, verified_in: list[str]) -> None:
    async def scenario() -> None:
        authenticator = Authenticator()
        request = _request(issuer.token(**STUDENT, aud="somebody-else"))
        for _ in range(2):
            with pytest.raises(InvalidTokenError):
                await authenticator.sender_of(request)
        authenticator.close()

    asyncio.run(scenario())
    assert len(verified_in) == 2
