"""A token is verified on the event loop once the pool's keys are there; what has to fetch them waits in a thread."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from behavior.door.asgi import Request
from behavior.door.authentication import Authenticator, Sender
from edu.http.front.heads import check_head
from edu.http.front.limits import Limits
from edu.identity import tokens
from edu.identity.jwks import KeySet
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
    check = TokenVerifier._claims

    def noting(self: TokenVerifier, token: str, find_key: Any) -> dict[str, Any]:
        claims = check(self, token, find_key)
        names.append(threading.current_thread().name)
        return claims

    monkeypatch.setattr(TokenVerifier, "_claims", noting)
    return names


def _request(token: str) -> Request:
    return Request(check_head(scope_of("POST", headers={"Authorization": f"Bearer {token}"}), Limits()), b"")


def test_token_is_verified_once_and_only_the_first_of_all_in_a_thread(issuer: Issuer, verified_in: list[str]) -> None:
    async def scenario() -> None:
        authenticator = Authenticator()
        request = _request(issuer.token(**STUDENT))
        for _ in range(5):
            assert await authenticator.sender_of(request) == Sender("norte", "est-1")
        assert (await authenticator.sender_of(_request(issuer.token(**STUDENT, sub="other")))).student_id == "est-1"
        authenticator.close()

    asyncio.run(scenario())
    first, second = verified_in
    assert first.startswith("authenticator")
    assert second == threading.main_thread().name


def test_refused_token_is_refused_every_time(issuer: Issuer) -> None:
    async def scenario() -> None:
        authenticator = Authenticator()
        request = _request(issuer.token(**STUDENT, aud="somebody-else"))
        for _ in range(2):
            with pytest.raises(InvalidTokenError):
                await authenticator.sender_of(request)
        authenticator.close()

    asyncio.run(scenario())


def test_keys_are_never_fetched_on_the_event_loop(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    known = _request(issuer.token(**STUDENT))

    async def scenario() -> None:
        authenticator = Authenticator()
        await authenticator.sender_of(known)
        issuer.rotate()
        tokens.verifier()._keys._next_fetch = 0.0  # it may ask again
        fetched_in: list[str] = []
        fetch = KeySet._fetch

        def noting(self: KeySet) -> Any:
            fetched_in.append(threading.current_thread().name)
            return fetch(self)

        monkeypatch.setattr(KeySet, "_fetch", noting)
        assert await authenticator.sender_of(_request(issuer.token(**STUDENT))) == Sender("norte", "est-1")
        [thread] = fetched_in
        assert thread.startswith("authenticator")
        authenticator.close()

    asyncio.run(scenario())
