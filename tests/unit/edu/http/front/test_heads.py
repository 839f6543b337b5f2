"""A head over a limit is refused before anything of it is parsed."""

from __future__ import annotations

from typing import Any

import pytest

from edu.http.errors import BodyTooLargeError, HeadTooLargeError
from edu.http.front.heads import check_head, check_length
from edu.http.front.limits import Limits
from tests.support.asgi import scope_of

LIMITS = Limits(head_bytes=1000, head_fields=10, media_type_bytes=50, body_bytes=100)


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({"x": "y" * 1000}, {}),
        ({"x" * 1000: "y"}, {}),
        ({f"x-{number}": "y" * 110 for number in range(9)}, {}),
        ({f"x-{number}": "y" for number in range(11)}, {}),
        ({"content-type": "application/json" + ";a" * 20}, {}),
        ({"content-encoding": "x" * 51}, {}),
        ({}, {"query_string": b"x" * 1000}),
        ({}, {"raw_path": b"/" * 1001}),
    ],
)
def test_head_over_a_limit_is_refused(headers: dict[str, str], changes: dict[str, Any]) -> None:
    with pytest.raises(HeadTooLargeError):
        check_head(scope_of(headers=headers, **changes), LIMITS)


def test_head_at_the_limits_is_taken() -> None:
    headers = {"content-type": "x" * 50, **{f"x-{number}": "y" * 90 for number in range(9)}}
    assert check_head(scope_of(headers=headers), LIMITS).text(b"x-8") == "y" * 90


def test_body_that_says_it_is_too_large_is_not_waited_for() -> None:
    with pytest.raises(BodyTooLargeError):
        check_length(check_head(scope_of(headers={"content-length": "101"}), LIMITS), LIMITS)


@pytest.mark.parametrize(
    ("headers", "declared"),
    [
        ({}, 0),
        ({"content-length": "0"}, 0),
        ({"content-length": "7"}, 7),
        ({"transfer-encoding": "chunked"}, None),
        ({"content-length": "7", "transfer-encoding": "chunked"}, None),
    ],
)
def test_length_is_what_the_framing_says(headers: dict[str, str], declared: int | None) -> None:
    assert check_length(check_head(scope_of(headers=headers), LIMITS), LIMITS) == declared
