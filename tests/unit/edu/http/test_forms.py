"""What no form of the console sends is refused before anything parses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory

from edu.http.forms import MOST_BYTES, FormBodyMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest

FORM = "application/x-www-form-urlencoded"
LARGE = b"x" * (MOST_BYTES + 1)


def _handled(path: str, *, exempt: bool) -> HttpResponse | None:
    """The middleware's answer to a large form, for a view that is or is not exempt from the CSRF check."""

    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError("called")

    view.csrf_exempt = exempt  # type: ignore[attr-defined]
    middleware = FormBodyMiddleware(lambda _request: HttpResponse())
    return middleware.process_view(RequestFactory().post(path, LARGE, content_type=FORM), view, (), {})


@pytest.mark.parametrize("path", ["/admin/login/", "/i18n/setlang/", "/"])
def test_multipart_is_an_unsupported_type(path: str) -> None:
    answer = Client().post(path, {"f": SimpleUploadedFile("a.txt", b"x")})
    assert answer.status_code == 415
    assert "La solicitud no se puede atender" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_large_body_is_too_large(method: str) -> None:
    answer = Client().generic(method, "/admin/login/", LARGE, content_type=FORM)
    assert answer.status_code == 413
    assert "La solicitud es demasiado grande" in answer.content.decode()


def test_largest_form_is_read() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", "x" * MOST_BYTES, content_type=FORM)
    assert answer.status_code == 403


def test_views_of_the_api_judge_their_bodies_themselves() -> None:
    assert _handled("/api/v1/x", exempt=True) is None


@pytest.mark.parametrize(("path", "exempt"), [("/x", True), ("/x", False), ("/api/v1/x", False)])
def test_body_that_the_csrf_check_would_read_is_judged_under_the_api_too(path: str, exempt: bool) -> None:  # noqa: FBT001
    refused = _handled(path, exempt=exempt)
    assert refused is not None
    assert refused.status_code == 413


def test_files_of_a_multipart_body_are_never_written_to_the_disk() -> None:
    """The settings' handlers, should anything ever parse one: a large file is dropped, a small one kept in memory."""
    sent = {"large": SimpleUploadedFile("a", b"x" * 3_000_000), "text": "x"}
    request = RequestFactory().post("/x", sent)
    assert list(request.FILES) == []
    assert request.POST["text"] == "x"
