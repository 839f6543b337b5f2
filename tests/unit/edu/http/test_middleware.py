"""One access line a request, without the path; the bearer's school is entered and left whatever happens."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from edu.identity.middleware import BearerTokenMiddleware
from edu.tenancy import NoScopeError, current_school_id

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.test import Client

    from tests.unit.edu.http.conftest import NamingVerifier

ANSWER = HttpResponse("ok")


def _school_or_none() -> str | None:
    try:
        return current_school_id()
    except NoScopeError:
        return None


def _handled(path: str, header: str, raising: Exception | None = None) -> tuple[str | None, Any]:
    """The school in scope while the request is handled, and the identity found."""
    seen: list[str | None] = []
    request = RequestFactory().get(path, headers={"Authorization": header})

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(_school_or_none())
        if raising:
            raise raising
        return ANSWER

    with suppress(ZeroDivisionError):
        BearerTokenMiddleware(view)(request)
    return seen[0], request.bearer  # type: ignore[attr-defined] # set by the middleware


@pytest.mark.usefixtures("verifier")
@pytest.mark.parametrize("raising", [None, ZeroDivisionError()])
def test_school_of_the_token_is_entered_and_left(raising: Exception | None) -> None:
    school_id, identity = _handled("/api/v1/x", "Bearer teacher", raising)
    assert (school_id, identity.principal.school_id) == ("norte", "norte")
    assert _school_or_none() is None


@pytest.mark.usefixtures("verifier")
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dGVhY2hlcjp4", "teacher", "Bearer nobody", "Bearer \xff"]
)
def test_without_a_good_token_no_school_is_entered(header: str) -> None:
    school_id, identity = _handled("/api/v1/x", header)
    assert school_id is None
    assert identity.principal is None


@pytest.mark.usefixtures("verifier")
@pytest.mark.parametrize("path", ["/admin/", "/healthz", "/"])
def test_token_means_nothing_outside_the_api(path: str) -> None:
    """Else a console page could run in the school of a token that its signed-in user does not belong to."""
    school_id, identity = _handled(path, "Bearer teacher")
    assert (school_id, identity.principal) == (None, None)


def test_refused_token_is_logged_without_the_token(verifier: NamingVerifier) -> None:
    assert verifier.error is None
    with capture_logs() as logs:
        _handled("/api/v1/x", "Bearer a-very-secret-token")
    assert [entry["event"] for entry in logs] == ["token refused"]
    assert "a-very-secret-token" not in str(logs)


def test_access_line_has_the_route_and_no_path_and_nothing_stays_bound(client: Client) -> None:
    with capture_logs() as logs:
        client.get("/api/v1/raise/missing?student=ana-munoz")
    [line] = [entry for entry in logs if entry["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "api/v1/raise/<str:name>", 404)
    assert "missing" not in str(line)
    assert "ana-munoz" not in str(logs)
    assert get_contextvars() == {}
