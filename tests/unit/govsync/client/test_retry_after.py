"""How long an answer asks us to wait."""

from __future__ import annotations

import pytest
import time_machine

from govsync.client.retry_after import retry_after_s

NOON = "Tue, 01 Dec 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("3", 3),
        (" 3 ", 3),
        ("-1", 0),
        ("soon", 0),
        ("1.5", 0),
        ("999999", 3600),
        ("1000000000", 3600),
        ("1" + "0" * 400, 0),
        ("٣", 0),
        ("3, 4", 0),
        ("1e3", 0),
    ],
)
def test_retry_after_in_seconds_is_read(text: str, seconds: float) -> None:
    assert retry_after_s({"retry-after": text, "date": NOON}) == seconds


@pytest.mark.parametrize(
    ("until", "now", "seconds"),
    [
        ("Tue, 01 Dec 2026 12:00:30 GMT", NOON, 30),
        ("Tue, 01 Dec 2026 12:00:30 -0000", NOON, 30),
        ("Tue, 01 Dec 2026 11:00:00 GMT", NOON, 0),
        ("Wed, 02 Dec 2026 12:00:00 GMT", NOON, 3600),
        ("Tue, 01 Dec 2026 12:00:30 GMT", "", 0),
        ("Tue, 01 Dec 2026 12:00:30 GMT", "yesterday", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", NOON, 0),
        ("Tue, 01 Dec 2026 12:00:30 +9999999999", NOON, 0),
        ("Tue, 99 Dec 2026 12:00:30 GMT", NOON, 0),
        ("Tue, " * 5000, NOON, 0),
    ],
)
@pytest.mark.parametrize("ours", ["2026-12-01T12:00:00Z", "2026-11-30T12:00:00Z", "2031-01-01T00:00:00Z"])
def test_date_is_read_by_their_clock_whatever_ours_says(until: str, now: str, seconds: float, ours: str) -> None:
    with time_machine.travel(ours, tick=False):
        assert retry_after_s({"retry-after": until, "date": now}) == seconds
