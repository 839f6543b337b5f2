"""Too many wrong passwords: refused for a while, in the same words, with a record that names nobody."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from edu import clock
from edu.console import attempts
from edu.console.attempts import LIMITS, WINDOW_S, Attempt
from edu.dynamo import table
from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.identity import cognito
from edu.identity.principal import Role
from edu.identity.tokens import verifier
from edu.tenancy import enter_console
from tests.integration.edu.console.support import LOGIN, is_signed_in
from tests.support.browsers import Browser
from tests.support.tokens import PASSWORD, make_account

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.usefixtures("cloud")
WRONG = "Wrong-password-1"


class Clock:
    """A stopped clock at a window's start, which a test may move on."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.at


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> Clock:
    now = clock.now()
    stopped = Clock(now - timedelta(seconds=now.timestamp() % WINDOW_S) + timedelta(seconds=1))
    monkeypatch.setattr(clock, "now", stopped.now)
    return stopped


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that Cognito is asked about."""
    names: list[str] = []
    real = cognito.sign_in

    def ask(username: str, password: str) -> cognito.Tokens:
        names.append(username)
        return real(username, password)

    monkeypatch.setattr(cognito, "sign_in", ask)
    return names


@pytest.fixture
def username(school_id: str) -> str:
    return make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id).username


def _sign_in(username: str, password: str, address: str = "192.0.2.1") -> tuple[Browser, Any]:
    browser = Browser(REMOTE_ADDR=address)
    return browser, browser.post(LOGIN, {"username": username, "password": password})


def _errors(answer: Any) -> list[str]:
    return list(answer.context["form"].non_field_errors())


def _count(username: str, kind: str, address: str = "192.0.2.1") -> int:
    with enter_console():
        item = table.get_item(Attempt.of(username, address).key(kind))
    return int(item["attempts"]) if item else 0


def test_name_refused_after_its_failures_in_the_words_of_a_wrong_password(
    username: str, asked: list[str], stopped: Clock
) -> None:
    wrong = [_sign_in(username, WRONG)[1] for _ in range(LIMITS["NAME"])]
    browser, right = _sign_in(f" {username.upper()} ", PASSWORD, "192.0.2.2")
    assert not is_signed_in(browser)
    assert _errors(right) == _errors(wrong[0])
    assert (right.status_code, len(asked)) == (200, LIMITS["NAME"])
    stopped.at += timedelta(seconds=WINDOW_S)
    assert is_signed_in(_sign_in(username, PASSWORD)[0])


def test_account_has_one_name_and_no_second_set_of_attempts(username: str, asked: list[str]) -> None:
    """Cognito takes an account's ``sub`` for its name: without a rule of ours the attempts would be twice as many."""
    tokens = cognito.sign_in(username, PASSWORD)
    alias = verifier().claims(tokens.id_token)["sub"]
    assert verifier().claims(cognito.sign_in(alias, PASSWORD).id_token)["cognito:username"] == username
    for name in (alias, alias.upper(), f" {alias}"):
        browser, right = _sign_in(name, PASSWORD, "192.0.2.8")
        assert not is_signed_in(browser)
        assert _errors(right) == _errors(_sign_in(username, WRONG, "192.0.2.9")[1])
    assert is_signed_in(_sign_in(username, PASSWORD, "192.0.2.8")[0])
    assert alias in asked


def test_address_refused_after_its_failures_and_other_addresses_not(
    username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "ADDRESS", 3)
    for number in range(3):
        _sign_in(f"nobody-{number}", WRONG, "2001:db8:1:2::1")
    assert not is_signed_in(_sign_in(username, PASSWORD, "2001:db8:1:2:ffff::9")[0])
    assert is_signed_in(_sign_in(username, PASSWORD, "2001:db8:1:3::1")[0])


def test_client_cannot_choose_its_address(username: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "ADDRESS", 1)
    _sign_in("nobody", WRONG, "192.0.2.3")
    browser = Browser(REMOTE_ADDR="192.0.2.3", headers={"X-Forwarded-For": "192.0.2.99"})
    browser.post(LOGIN, {"username": username, "password": PASSWORD})
    assert not is_signed_in(browser)


def test_success_uses_no_attempt(username: str) -> None:
    for _ in range(LIMITS["NAME"] + 1):
        assert is_signed_in(_sign_in(username, PASSWORD, "192.0.2.4")[0])
    assert (_count(username, "NAME"), _count(username, "ADDRESS", "192.0.2.4")) == (0, 0)


def test_attempts_at_once_do_not_slip_past_the_limit(username: str, asked: list[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        running = [
            pool.submit(Context().run, _sign_in, username, WRONG, f"192.0.2.{number}")
            for number in range(10, 10 + 2 * LIMITS["NAME"])
        ]
        answers = [future.result()[1].status_code for future in running]
    assert set(answers) <= {200, 503}
    assert len(asked) == _count(username, "NAME") <= LIMITS["NAME"]


def test_table_busy_is_503_and_cognito_is_not_asked(
    username: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", _busy)
        answer = _sign_in(username, PASSWORD)[1]
    assert (answer.status_code, asked) == (503, [])
    assert answer.headers["Retry-After"]


def _busy(_self: Transaction) -> None:
    raise StoreUnavailableError("ThrottlingException")


def test_silence_of_cognito_uses_no_attempt(username: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: str) -> cognito.Tokens:
        raise cognito.CognitoUnavailableError("sign-in")

    monkeypatch.setattr(cognito, "sign_in", silent)
    answer = _sign_in(username, PASSWORD, "192.0.2.5")[1]
    assert answer.context["form"].non_field_errors().as_data()[0].code == "cognito_unavailable"
    assert (_count(username, "NAME"), _count(username, "ADDRESS", "192.0.2.5")) == (0, 0)


def test_each_refusal_leaves_a_record_with_a_metric_and_no_name(username: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "NAME", 1)
    with capture_logs() as logs:
        _sign_in(username, WRONG, "192.0.2.6")
        _sign_in(username, WRONG, "192.0.2.6")
    refused = [log for log in logs if log["event"] == "console sign-in refused"]
    assert [(log["ConsoleSignInRefused"], log["Reason"]) for log in refused] == [(1, "credentials"), (1, "name")]
    assert refused[0]["name_digest"] == refused[1]["name_digest"] == Attempt.of(username, "").digests["NAME"]
    assert username not in json.dumps(logs)
    assert "192.0.2.6" not in json.dumps(logs)


def test_counter_names_nobody_and_ends_with_its_window(username: str) -> None:
    _sign_in(username, WRONG, "192.0.2.7")
    attempt = Attempt.of(username, "192.0.2.7")
    with enter_console():
        items = [table.get_item(attempt.key(kind)) for kind in LIMITS]
    assert username not in str(items)
    assert "192.0.2.7" not in str(items)
    assert {item["expires_at"] for item in items if item} == {attempt.window_ends_s}
    assert {item["entity"] for item in items if item} == {attempts.ENTITY}
    assert 0 < attempt.window_ends_s - clock.epoch_s() <= WINDOW_S
