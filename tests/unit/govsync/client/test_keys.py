"""Where the government's key comes from, and when it is read again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from edu.aws.secrets import SecretUnavailableError
from govsync.client import government_at
from govsync.client.failures import NotSentError
from govsync.client.keys import KEPT_S, SecretKey
from govsync.domain.answers import CredentialsRefused, Decided, NotTaken
from tests.unit.govsync.client.support import BATCH, BODY, PLACE, decision, http

if TYPE_CHECKING:
    import socket

    from tests.unit.govsync.client.conftest import Serve

OLD, NEW = "old-made-up-key-of-a-government", "new-made-up-key-of-a-government"


class Secret:
    """A secret's text, which a test changes, on a clock that it moves; ``None``: it cannot be read."""

    def __init__(self) -> None:
        self.text: str | None = OLD
        self.reads = 0
        self.ahead_s = 0.0

    def read(self, _secret_id: str) -> str:
        """What ``edu.aws.secrets.read_secret`` does."""
        self.reads += 1
        if self.text is None:
            raise SecretUnavailableError
        return self.text

    def elapsed_s(self) -> float:
        """The clock."""
        return time.monotonic() + self.ahead_s


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Secret:
    secret = Secret()
    monkeypatch.setattr("govsync.client.keys.clock", secret)
    return secret


def test_secret_is_read_once_a_minute(secret: Secret) -> None:
    key = SecretKey("x", secret.read)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _n: key.current(), range(100))) == {OLD}
    assert secret.reads == 1
    secret.text, secret.ahead_s = NEW, KEPT_S - 1
    assert key.current() == OLD
    secret.ahead_s += 2
    assert (key.current(), secret.reads) == (NEW, 2)


def test_refused_key_is_read_again_at_once(secret: Secret) -> None:
    key = SecretKey("x", secret.read)
    key.refuse(key.current())
    secret.text = NEW
    assert key.current() == NEW
    key.refuse(OLD)
    assert (key.current(), secret.reads) == (NEW, 2), "the refusal of an older key says nothing about this one"


def test_key_serves_on_while_the_secret_cannot_be_read_unless_it_was_refused(secret: Secret) -> None:
    key = SecretKey("x", secret.read)
    assert key.current() == OLD
    secret.text, secret.ahead_s = None, KEPT_S + 1
    with capture_logs() as logs:
        assert key.current() == OLD
    assert [entry["event"] for entry in logs] == ["the government's key cannot be read again"]
    assert OLD not in str(logs)
    key.refuse(OLD)
    with pytest.raises(NotSentError, match="key_unavailable"):
        key.current()


@pytest.mark.parametrize("text", ["", "two words", f"{OLD}\n"])
def test_secret_that_is_no_key_is_not_sent(secret: Secret, text: str) -> None:
    secret.text = text
    with pytest.raises(NotSentError, match="key_malformed"):
        SecretKey("x", secret.read).current()


def test_rotated_key_is_used_by_the_request_after_the_refusal(serve: Serve, secret: Secret) -> None:
    def answer(connection: socket.socket) -> None:
        is_new = f"Bearer {NEW}".encode() in server.requests[-1]
        connection.sendall(http(201, decision()) if is_new else http(401, {"error": "bad_key"}))

    server = serve(answer)
    government = government_at(server.url, SecretKey("x", secret.read))
    assert government.submit(BATCH, BODY, **PLACE).answer == CredentialsRefused("http_401")
    secret.text = NEW
    assert isinstance(government.submit(BATCH, BODY, **PLACE).answer, Decided)
    assert secret.reads == 2


def test_without_a_key_nothing_is_sent(serve: Serve, secret: Secret) -> None:
    server = serve(lambda _connection: None)
    secret.text = None
    exchange = government_at(server.url, SecretKey("x", secret.read)).submit(BATCH, BODY, **PLACE)
    assert (exchange.answer, server.connections) == (NotTaken("key_unavailable"), 0)
