"""What one account's refused requests may cost in a minute: the same rule at both doors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from edu import clock
from edu.http.refused_work import forget_refused
from tests.unit.edu.http.doors import Sent, Told, ask_api, ask_door
from tests.unit.edu.http.urls import Taking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

LIMIT_KIB = 8
EVENT = {"event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90", "kind": "late"}


class Clock:
    """A stopped clock, 20 s after a minute began."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 28, 12, 0, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    stopped = Clock()
    monkeypatch.setattr(clock, "now", stopped.now)
    forget_refused()
    with override_settings(REFUSED_KIB_A_MINUTE=LIMIT_KIB):
        yield stopped
    forget_refused()


@pytest.fixture(params=["api", "door"])
def ask(request: pytest.FixtureRequest, client: Client) -> Callable[[Sent], Told]:
    return (lambda sent: ask_api(client, sent)) if request.param == "api" else ask_door


def _bad(kib: int, role: str = "student") -> Sent:
    return Sent(body=b"{" + b" " * (kib * 1024 - 1), headers={"Authorization": f"Bearer {role}"})


def _good() -> Sent:
    return Sent(body=json.dumps(EVENT | {"occurred_at": clock.now().isoformat()}).encode())


def test_account_is_told_to_wait_once_its_refused_bodies_come_to_the_limit(
    ask: Callable[[Sent], Told], stopped: Clock
) -> None:
    assert [ask(_bad(kib=4)).status for _ in range(2)] == [400, 400]
    told = ask(_good())
    assert (told.status, told.body["code"], told.headers["Retry-After"]) == (429, "refused_too_much", "40")
    assert told.body["title"] == "Se rechazó demasiado de lo que envió; corríjalo y siga en un momento"
    stopped.at += timedelta(seconds=39.5)
    assert ask(_good()).headers["Retry-After"] == "1"
    stopped.at += timedelta(seconds=0.5)
    assert ask(_good()).status == 202


def test_small_body_counts_a_kib_and_being_told_to_wait_nothing(ask: Callable[[Sent], Told], stopped: Clock) -> None:
    statuses = [ask(Sent(body=b"{")).status for _ in range(LIMIT_KIB + 3)]
    assert statuses == [400] * LIMIT_KIB + [429] * 3
    stopped.at += timedelta(minutes=1)
    assert ask(Sent(body=b"{")).status == 400


def test_what_is_taken_counts_nothing(ask: Callable[[Sent], Told]) -> None:
    assert {ask(_good()).status for _ in range(3 * LIMIT_KIB)} == {202}


def test_body_that_only_django_finds_too_large_counts_as_the_largest_that_is(client: Client, stopped: Clock) -> None:
    assert stopped
    assert ask_api(client, Sent(body=b" " * 2_097_152)).status == 413
    assert ask_api(client, _good()).status == 429


@pytest.mark.parametrize("ask", ["door"], indirect=True)
def test_body_that_the_front_finds_too_large_counts_nothing_since_nobody_reads_it(ask: Callable[[Sent], Told]) -> None:
    assert ask(Sent(body=b" " * 2_097_152)).status == 413
    assert ask(_good()).status == 202


def test_defect_of_ours_counts_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Taking, "error", KeyError("x"))
    assert {ask_api(client, Sent()).status for _ in range(2 * LIMIT_KIB)} == {500}


def test_other_accounts_and_reads_go_on(client: Client, stopped: Clock) -> None:
    assert stopped
    assert ask_api(client, _bad(kib=LIMIT_KIB)).status == 400
    assert ask_api(client, _good()).status == 429
    assert ask_api(client, Sent(method="GET", path="/api/v1/reading")).status == 200
    for _ in range(2):
        assert ask_api(client, _bad(kib=LIMIT_KIB, role="teacher")).status == 403
    with override_settings(REFUSED_KIB_A_MINUTE=LIMIT_KIB + 1):
        assert ask_api(client, _good()).status == 202
