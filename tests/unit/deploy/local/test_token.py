"""``manage.py token`` with a Cognito of the tests."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from deploy.local.management.commands.token import Command
from edu.commands import explain
from edu.identity import cognito

SIGNED_IN = cognito.Tokens("the-id-token", "the-refresh-token")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The names and passwords that Cognito is asked with; it accepts one password."""
    seen: list[tuple[str, str]] = []

    def sign_in(username: str, password: str) -> cognito.Tokens:
        seen.append((username, password))
        if password != "right one":
            raise cognito.SignInRefusedError
        return SIGNED_IN

    monkeypatch.setattr(cognito, "sign_in", sign_in)
    return seen


def test_token_is_printed_alone(asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("right one\nmore\n"))
    printed = io.StringIO()
    call_command(Command(), "docente1.x", stdout=printed)
    assert printed.getvalue() == "the-id-token\n"
    assert asked == [("docente1.x", "right one")]


def test_token_takes_the_password_from_a_named_variable(
    asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_PASSWORD", "right one")
    printed = io.StringIO()
    call_command(Command(), "docente1.x", password_env="MY_PASSWORD", stdout=printed)
    assert printed.getvalue() == "the-id-token\n"
    assert asked == [("docente1.x", "right one")]


@pytest.mark.usefixtures("asked")
def test_token_refused_says_so_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong one\n"))
    with pytest.raises(cognito.SignInRefusedError) as refused:
        call_command(Command(), "docente1.x")
    assert explain(refused.value) == "sign_in_refused: wrong name or password, or the account is disabled"
