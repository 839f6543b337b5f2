"""A sender may have so many requests open, however they spell what they bring."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings

from edu.http.errors import TooManyOpenRequestsError
from edu.http.front import senders
from edu.http.front.heads import check_head
from edu.http.front.limits import Limits
from edu.http.front.line import Place
from edu.http.front.senders import OpenRequests, payer_of, place_of
from edu.identity.principal import Principal, Role
from tests.support.asgi import scope_of

LIMITS = Limits(open_per_sender=2, open_per_address=3)
TOKEN = {"authorization": "Bearer a.b.c"}


def enter(requests: OpenRequests, headers: dict[str, str], **changes: Any) -> str:
    return requests.enter(check_head(scope_of(headers=headers, **changes), LIMITS))


def entered(requests: OpenRequests, headers: dict[str, str], **changes: Any) -> int:
    """How many are let in."""
    count = 0
    while True:
        try:
            enter(requests, headers, **changes)
        except TooManyOpenRequestsError:
            return count
        count += 1


@pytest.mark.parametrize(
    ("headers", "count"),
    [(TOKEN, 2), ({"cookie": "csrftoken=x; sessionid=abc"}, 2), ({}, 3), ({"cookie": "csrftoken=x"}, 3)],
)
def test_requests_past_the_bound_are_asked_to_come_again(headers: dict[str, str], count: int) -> None:
    requests = OpenRequests(LIMITS)
    assert entered(requests, headers) == count
    with pytest.raises(TooManyOpenRequestsError) as refused:
        enter(requests, headers)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 2)


@pytest.mark.parametrize(
    "again",
    [
        {"authorization": "bearer a.b.c"},
        {"authorization": "Bearer   a.b.c  "},
        TOKEN | {"cookie": "sessionid=x", "x-forwarded-for": "192.0.2.7"},
    ],
)
def test_one_token_is_one_sender(again: dict[str, str]) -> None:
    requests = OpenRequests(LIMITS)
    entered(requests, TOKEN)
    assert entered(requests, again) == 0


def test_senders_do_not_stand_in_each_others_way() -> None:
    requests = OpenRequests(LIMITS)
    entered(requests, TOKEN)
    assert entered(requests, {"authorization": "Bearer d.e.f"}) == 2
    assert entered(requests, {"cookie": "sessionid=a.b.c"}) == 2
    assert entered(requests, {}) == 3
    assert entered(requests, {}, client=("192.0.2.1", "1")) == 3


def test_request_that_is_over_makes_room_and_leaves_nothing() -> None:
    requests = OpenRequests(LIMITS)
    senders = [enter(requests, TOKEN) for _ in range(2)]
    requests.leave(senders.pop())
    assert entered(requests, TOKEN) == 1
    for sender in senders * 2:
        requests.leave(sender)
    assert requests._open == {}


def test_address_behind_our_proxy_is_the_one_it_saw() -> None:
    requests = OpenRequests(LIMITS)
    with override_settings(REST_FRAMEWORK={"NUM_PROXIES": 1}):
        assert entered(requests, {"x-forwarded-for": "203.0.113.9, 192.0.2.1"}) == 3
        assert entered(requests, {"x-forwarded-for": "203.0.113.10, 192.0.2.1"}) == 0
        assert entered(requests, {"x-forwarded-for": "203.0.113.9, 192.0.2.2"}) == 3


def test_ipv6_network_is_one_client() -> None:
    requests = OpenRequests(LIMITS)
    assert entered(requests, {}, client=("2001:db8::1", "1")) == 3
    assert entered(requests, {}, client=("2001:db8::2", "1")) == 0


def place(headers: dict[str, str]) -> Place:
    return place_of(check_head(scope_of(headers=headers), Limits()))


def test_turns_are_an_accounts_a_sessions_or_an_addresss(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = Principal("sub-1", Role.TEACHER, "norte")
    remembered = {"one.of.theirs": teacher, "another.of.theirs": teacher}.get
    monkeypatch.setattr(senders, "verifier", lambda: SimpleNamespace(remembered=remembered))
    account = Place("account sub-1", is_known=True)
    assert (
        place({"authorization": "Bearer one.of.theirs"})
        == place({"authorization": "bearer another.of.theirs"})
        == account
    )
    address = Place("address 127.0.0.1", is_known=False)
    assert place({}) == place({"authorization": "Bearer made.up.1"}) == place({"authorization": "Bearer "}) == address
    assert place({"authorization": "Bearer made.up", "cookie": "sessionid=x"}) == address
    assert place({"cookie": "sessionid=x"}) == Place("session x", is_known=False)
    payers = [{"authorization": "Bearer one.of.theirs"}, {"cookie": "sessionid=x"}, {"authorization": "Bearer x"}]
    paid = [payer_of(check_head(scope_of(headers=headers), Limits())) for headers in payers]
    assert paid == ["account sub-1", "address 127.0.0.1", "address 127.0.0.1"]


def test_who_has_too_many_waits_for_their_refusal_while_there_is_room() -> None:
    async def scenario() -> int:
        requests = OpenRequests(Limits(refusal_s=30, waiting_refusals=2))
        waiting = [asyncio.create_task(requests.wait_before_refusing()) for _ in range(5)]
        await asyncio.sleep(0.01)
        told = sum(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert requests._refused == 0
        return told

    assert asyncio.run(scenario()) == 3
