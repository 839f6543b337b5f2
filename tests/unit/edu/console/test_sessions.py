from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.console.sessions import SessionStore, session_key_of
from edu.dynamo import table
from edu.tenancy import ScopeKind, current_scope, enter_school

if TYPE_CHECKING:
    from edu.dynamo.keys import Key

COOKIE = "a" * 32


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[Key, dict[str, Any]]:
    items: dict[Key, dict[str, Any]] = {}

    def get_item(key: Key) -> dict[str, Any] | None:
        assert current_scope().kind is ScopeKind.CONSOLE
        return items.get(key)

    monkeypatch.setattr(table, "get_item", get_item)
    return items


def _item(seconds_left: int) -> dict[str, Any]:
    return {"data": SessionStore(COOKIE).encode({"x": 1}), "expires_at": clock.epoch_s() + seconds_left}


def test_key_is_the_digest_of_the_cookie() -> None:
    assert session_key_of(COOKIE).pk == f"PLATFORM#SESSION#{hashlib.sha256(COOKIE.encode()).hexdigest()}"


def test_session_read_in_the_consoles_own_scope(stored: dict[Key, dict[str, Any]]) -> None:
    stored[session_key_of(COOKIE)] = _item(60)
    with enter_school("escuela"):
        assert SessionStore(COOKIE)["x"] == 1
        assert current_scope().school_id == "escuela"


@pytest.mark.parametrize("seconds_left", [0, -1, -10_000])
def test_expired_session_is_empty_and_loses_its_key(stored: dict[Key, dict[str, Any]], seconds_left: int) -> None:
    stored[session_key_of(COOKIE)] = _item(seconds_left)
    session = SessionStore(COOKIE)
    assert session.get("x") is None
    assert session.session_key is None
    assert not SessionStore().exists(COOKIE)


def test_unknown_session_is_empty_and_loses_its_key(stored: dict[Key, dict[str, Any]]) -> None:
    assert stored == {}
    session = SessionStore(COOKIE)
    assert session.get("x") is None
    assert session.session_key is None


def test_content_moved_to_another_cookies_session_is_refused() -> None:
    encoded = SessionStore(COOKIE).encode({"x": 1})
    assert SessionStore(COOKIE).decode(encoded) == {"x": 1}
    assert SessionStore("b" * 32).decode(encoded) == {}


def test_changed_content_is_refused() -> None:
    encoded = SessionStore(COOKIE).encode({"x": 1})
    assert SessionStore(COOKIE).decode(encoded[:-3] + "AAA") == {}


def test_content_is_not_readable() -> None:
    assert "secreto" not in SessionStore(COOKIE).encode({"token": "secreto"})
