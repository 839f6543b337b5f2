"""A cursor works for its own listing in its own scope, and shows nothing of what it holds."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from edu.dynamo.cursors import InvalidCursorError, open_cursor, seal_cursor
from edu.tenancy import NoScopeError, enter_console, enter_platform, enter_school

KEY = {"pk": "SCHOOL#norte#STUDENT", "sk": "munoz inigo#student-001"}


def _sealed() -> str:
    with enter_school("norte"):
        return seal_cursor(KEY, query="students")


def test_cursor_gives_back_its_position() -> None:
    with enter_school("norte"):
        assert open_cursor(_sealed(), query="students") == KEY


def test_cursor_shows_no_key_and_fits_an_url() -> None:
    token = _sealed()
    padded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"munoz" not in padded
    assert "munoz" not in token
    assert token.replace("-", "").replace("_", "").isalnum()
    assert token != _sealed()


@pytest.mark.parametrize("enter", [lambda: enter_school("norte2"), enter_platform, enter_console])
def test_cursor_of_another_scope_refused(enter: type) -> None:
    token = _sealed()
    with enter(), pytest.raises(InvalidCursorError):
        open_cursor(token, query="students")


def test_cursor_outside_any_scope_is_a_bug_not_an_answer() -> None:
    token = _sealed()
    with pytest.raises(NoScopeError):
        open_cursor(token, query="students")


def test_cursor_of_another_listing_refused() -> None:
    with enter_school("norte"), pytest.raises(InvalidCursorError):
        open_cursor(_sealed(), query="teachers")


def test_every_changed_byte_refused() -> None:
    token = _sealed()
    with enter_school("norte"):
        for position in range(len(token)):
            changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
            with pytest.raises(InvalidCursorError):
                open_cursor(changed, query="students")


def test_cursor_under_another_key_refused() -> None:
    payload = json.dumps({"k": KEY, "q": "students", "s": "tenant:norte"}).encode()
    with enter_school("norte"), pytest.raises(InvalidCursorError):
        open_cursor(Fernet(Fernet.generate_key()).encrypt(payload).decode(), query="students")


@given(st.text(max_size=200))
def test_garbage_refused(token: str) -> None:
    with enter_school("norte"), pytest.raises(InvalidCursorError):
        open_cursor(token, query="students")


@pytest.mark.parametrize("token", ["A" * 4097, "gAAAAA" * 100_000, "ñ" * 10, "\ud800", "=", "===="])
def test_oversize_and_odd_tokens_refused(token: str) -> None:
    with enter_school("norte"), pytest.raises(InvalidCursorError):
        open_cursor(token, query="students")


@pytest.mark.parametrize("listing", ["a", "ab", "abc", "abcd", "students"])
def test_spare_bits_of_the_last_character_refused(listing: str) -> None:
    with enter_school("norte"):
        token = seal_cursor(KEY, query=listing)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for last in set(alphabet) - {token[-1]}:
            with pytest.raises(InvalidCursorError):
                open_cursor(token[:-1] + last, query=listing)
