"""Reads answer 304 to a client whose copy is current, as RFC 9110 compares tags; nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from edu.http.conditional import ConditionalReadMiddleware
from edu.http.unhandled import ApiProblemMiddleware

if TYPE_CHECKING:
    from typing import Any

BODY = b'{"results": []}'


def _answer(*, method: str = "GET", path: str = "/api/v1/x", status: int = 200, etag: str = "", **headers: str) -> Any:
    """What the client gets when the view answers ``BODY``."""

    def view(_request: object) -> HttpResponse:
        own = {"ETag": etag, "X-Kept": "yes"} if etag else {"X-Kept": "yes"}
        return HttpResponse(BODY, status=status, content_type="application/json", headers=own)

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().generic(method, path, headers=named)
    return ApiProblemMiddleware(ConditionalReadMiddleware(view))(request)


def test_listing_gets_a_weak_tag_of_its_bytes_and_is_not_sent_twice() -> None:
    first = _answer()
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    again = _answer(If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("known", ['"3"', 'W/"3"', '"1", W/"3"', "*"])
def test_record_is_not_sent_to_who_has_it_by_weak_comparison(known: str) -> None:
    answer = _answer(etag='"3"', If_None_Match=known)
    assert (answer.status_code, answer.headers["ETag"], answer.headers["X-Kept"]) == (304, '"3"', "yes")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("known", ['"2"', "3", '"33"', ""])
def test_record_is_sent_whole_to_who_has_another_version(known: str) -> None:
    answer = _answer(etag='"3"', If_None_Match=known)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (200, BODY, '"3"')


def test_head_is_answered_as_get_would_be() -> None:
    assert _answer(method="HEAD", etag='"3"', If_None_Match='"3"').status_code == 304


def test_read_of_another_version_by_if_match_is_412_as_a_problem() -> None:
    answer = _answer(etag='"3"', If_Match='"2"')
    assert (answer.status_code, answer.headers["Content-Type"]) == (412, "application/problem+json")
    assert b"precondition_failed" in answer.content
    assert _answer(etag='"3"', If_Match='"3"').status_code == 200


def test_answers_are_for_one_reader_and_asked_for_again() -> None:
    for known in ("", '"3"'):
        headers = _answer(etag='"3"', If_None_Match=known).headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["Vary"] == "Accept, Accept-Language, Authorization"


@pytest.mark.parametrize(
    "changed", [{"method": "POST"}, {"path": "/admin/x"}, {"status": 404}, {"status": 503}, {"status": 201}]
)
def test_what_is_no_read_of_the_api_is_left_alone(changed: dict[str, Any]) -> None:
    answer = _answer(**changed, If_None_Match="*")
    assert answer.content == BODY
    assert not {"ETag", "Cache-Control"} & set(answer.headers)
