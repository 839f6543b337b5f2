from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from edu.console import middleware
from edu.console.models import StaffUser
from edu.console.staff import SignIn
from edu.dynamo.errors import StoreUnavailableError
from edu.tenancy import NoScopeError, current_school_id, current_scope, enter_school

if TYPE_CHECKING:
    from collections.abc import Callable

_CLAIMS = {"sub": "s-1", "cognito:username": "rector", "custom:role": "auditor", "custom:school_id": "escuela"}


def _handled(path: str, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    request = RequestFactory().get(path)
    return middleware.ConsoleScopeMiddleware(view)(request)


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> StaffUser:
    found = StaffUser.of(SignIn(_CLAIMS, 0, "r"))
    monkeypatch.setattr(middleware, "signed_in_user", lambda _request: found)
    return found


def test_console_request_is_handled_as_its_user_in_its_school(user: StaffUser) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        assert request.user is user
        return HttpResponse(current_school_id())

    assert _handled("/admin/", view).content == b"escuela"
    with pytest.raises(NoScopeError):
        current_scope()


@pytest.mark.usefixtures("user")
def test_school_left_when_the_view_fails() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _handled("/admin/x/", view)
    with pytest.raises(NoScopeError):
        current_scope()


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/sections", "/administration/"])
def test_other_requests_never_look_at_the_session(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "signed_in_user", lambda _request: pytest.fail("looked"))

    def view(_request: HttpRequest) -> HttpResponse:
        with pytest.raises(NoScopeError):
            current_scope()
        return HttpResponse()

    assert _handled(path, view).status_code == 200


def test_api_requests_keep_the_scope_of_their_token() -> None:
    with enter_school("otra"):
        assert _handled("/api/v1/sections", lambda _request: HttpResponse(current_school_id())).content == b"otra"


def test_nobody_signed_in_has_no_school(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "signed_in_user", lambda _request: None)

    def view(request: HttpRequest) -> HttpResponse:
        assert not request.user.is_authenticated
        with pytest.raises(NoScopeError):
            current_scope()
        return HttpResponse()

    assert _handled("/admin/", view).status_code == 200


def test_busy_table_is_a_page_that_asks_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_request: HttpRequest) -> StaffUser:
        raise StoreUnavailableError("ThrottlingException")

    monkeypatch.setattr(middleware, "signed_in_user", busy)
    answer = _handled("/admin/", lambda _request: pytest.fail("handled"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert b"ThrottlingException" not in answer.content
