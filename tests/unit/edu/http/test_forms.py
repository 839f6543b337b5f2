"""What no form of the console sends is refused unread, and one body is read at a time."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from edu.http.forms import MOST_BYTES, FormBodyMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FORM = "application/x-www-form-urlencoded"


class Stopped(io.BytesIO):
    """A body that stops until it is released; ``asked`` says that somebody waits for it."""

    def __init__(self) -> None:
        super().__init__(b"x=1")
        self.asked, self.released = threading.Event(), threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        self.asked.set()
        assert self.released.wait(10)
        return super().read(size)


class Gone(io.BytesIO):
    """A body whose sender is gone."""

    def read(self, _size: int | None = -1) -> bytes:
        raise ConnectionResetError


def _view(_request: HttpRequest) -> HttpResponse:
    raise AssertionError("called")


def _request(body: bytes | io.BytesIO = b"x=1", *, path: str = "/admin/login/") -> HttpRequest:
    request = RequestFactory().post(path, b"x=1", content_type=FORM)
    if isinstance(body, io.BytesIO):
        request._stream = body
    return request


def _handled(middleware: FormBodyMiddleware, request: HttpRequest) -> HttpResponse | None:
    return middleware.process_view(request, _view, (), {})


@pytest.mark.parametrize("path", ["/admin/login/", "/i18n/setlang/", "/", "/healthz"])
def test_multipart_is_an_unsupported_type(path: str) -> None:
    answer = Client().post(path, {"f": SimpleUploadedFile("a.txt", b"x")})
    assert answer.status_code == 415
    assert "La solicitud no se puede atender" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_large_body_is_too_large(method: str) -> None:
    answer = Client().generic(method, "/admin/login/", b"x" * (MOST_BYTES + 1), content_type=FORM)
    assert answer.status_code == 413
    assert "La solicitud es demasiado grande" in answer.content.decode()


def test_largest_form_is_read() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", "x" * MOST_BYTES, content_type=FORM)
    assert answer.status_code == 403


def test_views_of_the_api_read_their_bodies_themselves() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError("called")

    view.csrf_exempt = True  # type: ignore[attr-defined]
    middleware, body = FormBodyMiddleware(_view), Stopped()
    assert middleware.process_view(_request(body, path="/api/v1/x"), view, (), {}) is None
    assert not body.asked.is_set()
    body.released.set()
    assert middleware.process_view(_request(body, path="/x"), view, (), {}) is None
    assert body.asked.is_set()


def test_body_that_the_csrf_check_would_read_is_guarded_under_the_api_too() -> None:
    middleware, body = FormBodyMiddleware(_view), Stopped()
    body.released.set()
    assert _handled(middleware, _request(body, path="/api/v1/x")) is None
    assert body.asked.is_set()


def test_one_body_is_read_at_a_time_and_the_next_is_asked_to_come_again() -> None:
    middleware, body = FormBodyMiddleware(_view), Stopped()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(_handled, middleware, _request(body))
        assert body.asked.wait(10)
        refused = _handled(middleware, _request())
        body.released.set()
        assert slow.result() is None
    assert refused is not None
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert _handled(middleware, _request()) is None


def test_sender_gone_is_a_bad_request_and_the_next_body_is_read() -> None:
    middleware = FormBodyMiddleware(_view)
    gone = _handled(middleware, _request(Gone()))
    assert gone is not None
    assert gone.status_code == 400
    assert _handled(middleware, _request()) is None


def test_files_of_a_multipart_body_are_never_written_to_the_disk() -> None:
    """The settings' handlers, should anything ever parse one: a large file is dropped, a small one kept in memory."""
    sent = {"large": SimpleUploadedFile("a", b"x" * 3_000_000), "text": "x"}
    request = RequestFactory().post("/x", sent)
    assert list(request.FILES) == []
    assert request.POST["text"] == "x"
