"""Sessions as conditional writes, against the table."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.base import UpdateError

from edu import clock
from edu.console.sessions import SessionStore, session_key_of
from edu.dynamo import table
from edu.tenancy import enter_console
from tests.support.calls import counted_calls

pytestmark = pytest.mark.usefixtures("cloud")


def _created() -> SessionStore:
    session = SessionStore()
    session["x"] = 1
    session.save()
    return session


def test_session_stored_and_read_back() -> None:
    assert SessionStore(_created().session_key)["x"] == 1


def test_item_has_its_ttl_and_discriminator() -> None:
    session = _created()
    with enter_console():
        item = table.get_item(session_key_of(str(session.session_key)))
    assert item is not None
    assert item["entity"] == "console_session"
    assert 0 < item["expires_at"] - clock.epoch_s() <= 8 * 3600


def test_session_ended_elsewhere_is_not_brought_back() -> None:
    session = _created()
    SessionStore().delete(session.session_key)
    session["x"] = 2
    with pytest.raises(UpdateError):
        session.save()
    assert not SessionStore().exists(str(session.session_key))


def test_key_that_is_taken_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _created()
    keys = iter([first.session_key, "c" * 32])
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _self: next(keys))
    second = SessionStore()
    second["x"] = 2
    second.save()
    assert second.session_key == "c" * 32
    assert SessionStore(first.session_key)["x"] == 1
    second.delete()


def test_cycled_key_keeps_the_content_and_ends_the_old_session() -> None:
    session = SessionStore(_created().session_key)
    old = str(session.session_key)
    session.cycle_key()
    session.save()
    assert not SessionStore().exists(old)
    assert SessionStore(session.session_key)["x"] == 1


def test_deleting_twice_is_deleting_once() -> None:
    session = _created()
    session.delete()
    session.delete()
    assert not SessionStore().exists(str(session.session_key))


def test_no_cookie_no_call() -> None:
    with counted_calls() as calls:
        assert SessionStore(None).get("x") is None
    assert calls == []
