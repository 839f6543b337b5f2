from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.backends.cache import SessionStore

from edu import clock
from edu.console import staff
from edu.identity import cognito
from edu.identity.principal import Role
from edu.identity.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    Answers = Callable[[dict[str, Any]], None]

CLAIMS: dict[str, Any] = {
    "sub": "s-1",
    "cognito:username": "rectora",
    "custom:role": "school_admin",
    "custom:school_id": "escuela",
    "exp": 4_000_000_000,
    "aud": "client",
    "email": "somebody@example.test",
}


@pytest.fixture
def cognito_answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Makes Cognito accept everything and its tokens hold these claims."""

    def answer(claims: dict[str, Any]) -> None:
        monkeypatch.setattr(cognito, "sign_in", lambda *_: cognito.Tokens("id", "refresh"))
        monkeypatch.setattr(cognito, "renew", lambda token: cognito.Tokens("id", token))
        monkeypatch.setattr(staff, "verifier", lambda: SimpleNamespace(claims=lambda _token: claims))

    return answer


def test_sign_in_keeps_the_claims_we_live_by_and_no_others(
    cognito_answers: Answers,
) -> None:
    cognito_answers(CLAIMS)
    signed_in = staff.sign_in("rectora", "x")
    assert signed_in.claims.keys() == {"sub", "cognito:username", "custom:role", "custom:school_id"}
    assert (signed_in.principal.role, signed_in.principal.school_id) == (Role.SCHOOL_ADMIN, "escuela")
    assert signed_in.username == "rectora"


@pytest.mark.parametrize("name", ["rectora", "Rectora", " RECTORA "])
def test_name_in_any_spelling_that_is_counted_as_one_signs_in(cognito_answers: Answers, name: str) -> None:
    cognito_answers(CLAIMS)
    assert staff.sign_in(name, "x").username == "rectora"


@pytest.mark.parametrize("alias", ["s-1", "somebody@example.test", "rectora2", ""])
def test_alias_that_cognito_takes_is_refused(cognito_answers: Answers, alias: str) -> None:
    cognito_answers(CLAIMS)
    with pytest.raises(cognito.SignInRefusedError):
        staff.sign_in(alias, "x")


def test_sign_in_shows_no_token_when_printed(cognito_answers: Answers) -> None:
    cognito_answers(CLAIMS)
    assert "refresh_token" not in repr(staff.sign_in("rectora", "x"))


@pytest.mark.parametrize("role", ["teacher", "student", "", "root"])
def test_role_without_console_refused(cognito_answers: Answers, role: str) -> None:
    cognito_answers(CLAIMS | {"custom:role": role})
    with pytest.raises(cognito.SignInRefusedError):
        staff.sign_in("rectora", "x")


@pytest.mark.parametrize("school", ["", "escuela#otra", "*"])
def test_school_that_is_none_refused(cognito_answers: Answers, school: str) -> None:
    cognito_answers(CLAIMS | {"custom:school_id": school})
    with pytest.raises(cognito.SignInRefusedError):
        staff.sign_in("rectora", "x")


def test_token_that_does_not_verify_refused(cognito_answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_token: str) -> dict[str, Any]:
        raise InvalidTokenError("signature")

    cognito_answers(CLAIMS)
    monkeypatch.setattr(staff, "verifier", lambda: SimpleNamespace(claims=refuse))
    with pytest.raises(cognito.SignInRefusedError):
        staff.sign_in("rectora", "x")


def test_renewal_takes_the_new_claims_and_keeps_the_refresh_token(
    cognito_answers: Answers,
) -> None:
    old = staff.SignIn({"sub": "s-1"}, 0, "first")
    cognito_answers(CLAIMS | {"custom:role": "auditor"})
    new = staff.renewed(old)
    assert new.principal.role is Role.AUDITOR
    assert new.refresh_token == "first"
    assert old.is_over()
    assert not new.is_over()


def test_renewal_that_brings_somebody_else_refused(cognito_answers: Answers) -> None:
    cognito_answers(CLAIMS)
    with pytest.raises(cognito.SignInRefusedError):
        staff.renewed(staff.SignIn({"sub": "s-2"}, 0, "first"))


def test_sign_in_is_over_at_its_second() -> None:
    assert staff.SignIn({}, clock.epoch_s(), "r").is_over()
    assert not staff.SignIn({}, clock.epoch_s() + 60, "r").is_over()


def test_kept_sign_in_comes_back_as_it_was() -> None:
    session = SessionStore()
    assert staff.kept(session) is None
    signed_in = staff.SignIn({"sub": "s-1"}, 7, "r")
    staff.keep(session, signed_in)
    assert staff.kept(session) == signed_in
