"""A sender may have so many requests open, however they spell what they bring."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from edu.http.errors import TooManyOpenRequestsError
from edu.http.front.heads import check_head
from edu.http.front.limits import Limits
from edu.http.front.senders import OpenRequests
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
