"""Keys are fetched seldom, rotated keys are found, withdrawn ones forgotten, and a broken JWKS breaks nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from structlog.testing import capture_logs

from edu.identity import jwks
from edu.identity.jwks import KeySet, KeysUnavailableError, UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.issuer import Issuer


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jwks, "time", clock)
    return clock


def test_known_key_is_fetched_once(issuer: Issuer, keys: KeySet) -> None:
    for _ in range(100):
        keys.key(issuer.current)
    assert len(issuer.requests) == keys.fetches == 1


def test_flood_of_unknown_keys_fetches_once_in_thirty_seconds(issuer: Issuer, keys: KeySet, clock: Clock) -> None:
    def ask(number: int) -> None:
        with pytest.raises(UnknownKeyError):
            keys.key(f"made-up-{number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(400)))
    assert len(issuer.requests) == 1
    clock.ahead_s += jwks.FETCH_AT_MOST_EVERY_S - 1
    ask(-1)
    assert len(issuer.requests) == 1
    clock.ahead_s += 2
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(400)))
    assert len(issuer.requests) == 2


def test_rotated_key_is_found_when_a_fetch_is_due(issuer: Issuer, keys: KeySet, clock: Clock) -> None:
    old = issuer.current
    keys.key(old)
    new = issuer.rotate()
    with pytest.raises(UnknownKeyError):
        keys.key(new)
    clock.ahead_s += jwks.FETCH_AT_MOST_EVERY_S
    assert keys.key(new) is not None
    assert keys.key(old) is not None


def test_withdrawn_key_is_forgotten_within_the_hour(issuer: Issuer, keys: KeySet, clock: Clock) -> None:
    old = issuer.current
    keys.key(old)
    issuer.rotate()
    del issuer.keys[old]
    clock.ahead_s += jwks.FORGET_AFTER_S + 1
    with pytest.raises(UnknownKeyError):
        keys.key(old)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b"7", b'{"keys": []}', b'{"keys": 7}', b'{"keys": [1]}'])
def test_broken_jwks_is_unavailable_at_first(issuer: Issuer, keys: KeySet, body: bytes) -> None:
    issuer.body = body
    with pytest.raises(KeysUnavailableError):
        keys.key(issuer.current)


@pytest.mark.parametrize("kid", [None, 7, ["x"], {"x": 1}, True])
def test_key_id_that_is_no_text_fetches_nothing(issuer: Issuer, keys: KeySet, kid: object) -> None:
    with pytest.raises(UnknownKeyError):
        keys.key(kid)
    assert issuer.requests == []


def test_keys_serve_on_while_fetching_fails_and_it_is_logged(issuer: Issuer, keys: KeySet, clock: Clock) -> None:
    known = keys.key(issuer.current)
    issuer.status = 503
    clock.ahead_s += jwks.FORGET_AFTER_S + 1
    with capture_logs() as logs:
        assert keys.key(issuer.current) is known
        assert keys.key(issuer.current) is known
    assert len(issuer.requests) == 2
    assert [(entry["event"], entry["known"]) for entry in logs] == [("JWKS fetch failed", 1)]


def test_first_fetch_that_fails_is_repeated_after_a_second_not_at_every_call(
    issuer: Issuer, keys: KeySet, clock: Clock
) -> None:
    issuer.status = 500
    for _ in range(50):
        with pytest.raises(KeysUnavailableError):
            keys.key(issuer.current)
    assert len(issuer.requests) == 1
    issuer.status = 200
    clock.ahead_s += jwks.FIRST_FETCH_PAUSE_S
    assert keys.key(issuer.current) is not None


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(KeysUnavailableError) as raised:
        KeySet("http://127.0.0.1:9/jwks.json").key("any")
    assert (raised.value.status, raised.value.retryable) == (503, True)


def test_redirect_is_not_followed(issuer: Issuer, keys: KeySet) -> None:
    issuer.status = 302
    with pytest.raises(KeysUnavailableError):
        keys.key(issuer.current)


@pytest.fixture
def set_back() -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=2)):
        yield


@pytest.mark.usefixtures("set_back")
def test_wall_clock_set_back_does_not_stop_fetching(issuer: Issuer, keys: KeySet) -> None:
    assert keys.key(issuer.current) is not None


def test_key_at_hand_is_never_waited_for(issuer: Issuer, keys: KeySet, clock: Clock) -> None:
    with pytest.raises(KeysUnavailableError):
        keys.at_hand(issuer.current)
    assert not issuer.requests
    keys.key(issuer.current)
    assert keys.at_hand(issuer.current)
    for unknown in ("made-up", None, 7):
        with pytest.raises(UnknownKeyError):
            keys.at_hand(unknown)
    clock.ahead_s += jwks.FETCH_AT_MOST_EVERY_S + 1
    assert keys.at_hand(issuer.current)
    with pytest.raises(KeysUnavailableError):  # a fetch may find it
        keys.at_hand("rotated")
    clock.ahead_s += jwks.FORGET_AFTER_S
    with pytest.raises(KeysUnavailableError):  # it may have been withdrawn
        keys.at_hand(issuer.current)
    assert len(issuer.requests) == 1
