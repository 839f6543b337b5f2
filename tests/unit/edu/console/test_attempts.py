"""Which names and addresses are one, and that their digests need the installation's secret."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from edu.console.attempts import Attempt
from edu.http.throttles import client_address


@pytest.mark.parametrize("spelling", ["rectora", " Rectora ", "RECTORA", "\uff52ectora", "rectora\n"])
def test_spellings_of_a_name_are_one(spelling: str) -> None:
    assert Attempt.of(spelling, "").digests == Attempt.of("rectora", "").digests


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
        ("unix:/x", "192.0.2.1", False),
    ],
)
def test_addresses_of_one_client_are_one(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert (Attempt.of("x", one).digests == Attempt.of("x", other).digests) is same


def test_digest_is_keyed_and_a_name_is_no_address() -> None:
    attempt = Attempt.of("192.0.2.1", "192.0.2.1")
    with override_settings(SECRET_KEY="another" * 8):
        assert Attempt.of("192.0.2.1", "192.0.2.1").digests != attempt.digests
    assert attempt.digests["NAME"] != attempt.digests["ADDRESS"]


@pytest.mark.parametrize(
    ("proxies", "claimed", "address"),
    [(0, "192.0.2.9", "127.0.0.1"), (1, "192.0.2.9, 192.0.2.1", "192.0.2.1"), (1, None, "127.0.0.1")],
)
def test_address_is_what_our_own_proxy_saw(proxies: int, claimed: str | None, address: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": claimed} if claimed else {})
    with override_settings(REST_FRAMEWORK={"NUM_PROXIES": proxies}):
        assert client_address(request) == address
