"""Whatever goes wrong under ``/api/`` is problem+json with nothing of the inside, in the reader's language."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from edu.identity.jwks import KeysUnavailableError
from evaluations.api.score_serializers import ScoreInput
from tests.unit.edu.http.urls import SECRET

if TYPE_CHECKING:
    from django.test import Client

    from tests.unit.edu.http.conftest import NamingVerifier

EXPECTED = {
    "raise/conflict": (409, "conflict"),
    "raise/fields": (422, "invalid_input"),
    "raise/busy": (503, "unavailable"),
    "raise/throttled": (429, "throttled"),
    "raise/drf": (406, "not_acceptable"),
    "raise/media": (415, "unsupported_media_type"),
    "raise/validation": (422, "invalid_input"),
    "raise/missing": (404, "not_found"),
    "raise/denied": (403, "forbidden"),
    "raise/suspicious": (400, "bad_request"),
    "raise/crash": (500, "internal_error"),
    "raise/recursion": (500, "internal_error"),
    "unrenderable": (500, "internal_error"),
    "no-such-route": (404, "not_found"),
    "teachers": (401, "not_authenticated"),
    "unnamed": (401, "not_authenticated"),
}

CORRELATION_ID = "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"


def _problem(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["correlation_id"] == response.headers["X-Correlation-Id"]
    assert body["type"] == f"urn:libreta:problem:{body['code']}"
    assert body["title"]
    return body


@pytest.mark.parametrize("path", EXPECTED)
def test_every_failure_is_a_problem_without_the_inside(client: Client, path: str) -> None:
    response = client.get(f"/api/v1/{path}")
    body = _problem(response)
    assert (response.status_code, body["code"]) == EXPECTED[path]
    text = response.content.decode()
    for inside in (SECRET, "internal detail", "Traceback", "<html", "KeyError", ".py"):
        assert inside not in text


@pytest.mark.parametrize(("query", "accept"), [("?format=xls", "*/*"), ("", "image/png"), ("?format=json", "text/csv")])
def test_format_that_is_not_offered_is_not_acceptable_and_says_what_is(client: Client, query: str, accept: str) -> None:
    response = client.get(f"/api/v1/raise/conflict{query}", headers={"accept": accept, "accept-language": "es"})
    body = _problem(response)
    assert (response.status_code, body["code"]) == (406, "not_acceptable")
    assert body["title"] == "Este formato no se ofrece aquí"
    assert body["detail"] == "Aquí se ofrece: application/json (?format=json)"
    assert body["offered"] == ["application/json"]


def test_unknown_route_and_crash_speak_the_readers_language(client: Client) -> None:
    for path in ("no-such-route", "raise/crash"):
        spanish = _problem(client.get(f"/api/v1/{path}"))["title"]
        english = _problem(client.get(f"/api/v1/{path}", headers={"Accept-Language": "en"}))["title"]
        again = _problem(client.get(f"/api/v1/{path}"))["title"]
        assert spanish == again != english
    assert english == "Something went wrong on our side"


@pytest.mark.parametrize(
    ("path", "spanish", "english"),
    [
        (
            "raise/throttled",
            "Demasiadas solicitudes; inténtelo de nuevo en un momento",
            "Too many requests, please try again in a moment",
        ),
        (
            "raise/drf",
            "No se ofrece ninguno de los formatos pedidos",
            "None of the formats asked for is offered",
        ),
        ("raise/media", "Envíe application/json", "Send application/json"),
    ],
)
def test_what_the_framework_refuses_is_said_in_words_of_ours(
    client: Client, path: str, spanish: str, english: str
) -> None:
    for language, title in (("es", spanish), ("en", english)):
        found = _problem(client.get(f"/api/v1/{path}", headers={"Accept-Language": language}))
        assert (found["title"], "detail" in found) == (title, False)


@pytest.mark.parametrize("body", [[], "x", 7])
def test_body_that_is_no_object_is_told_what_to_send(body: object) -> None:
    sent = ScoreInput(data=body)
    with translation.override("es"):
        assert not sent.is_valid()
        assert sent.errors == {"non_field_errors": ["Envíe un objeto JSON"]}


def test_wrong_host_is_a_problem(client: Client) -> None:
    assert _problem(client.get("/api/v1/teachers", headers={"Host": "evil.example"}))["status"] == 400


def test_crash_outside_the_api_stays_a_page(client: Client) -> None:
    response = client.get("/crash")
    assert (response.status_code, response.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert SECRET not in response.content.decode()


def test_busy_service_says_when_to_come_back(client: Client) -> None:
    assert client.get("/api/v1/raise/busy").headers["Retry-After"] == "2"
    assert client.get("/api/v1/raise/throttled").headers["Retry-After"] == "1"


def test_validation_errors_are_named_by_path_and_rule(client: Client) -> None:
    errors = _problem(client.get("/api/v1/raise/validation"))["errors"]
    assert [(e["field"], e["rule"], e["message"]) for e in errors] == [
        ("a[0].b", "invalid", "wrong"),
        ("c", "invalid", "bad"),
        ("c", "invalid", "worse"),
    ]


def test_half_a_surrogate_pair_in_a_message_does_not_break_the_answer(client: Client) -> None:
    [error] = _problem(client.get("/api/v1/raise/fields"))["errors"]
    assert error["message"] == "half a pair: ?"


def test_refused_token_is_401_without_the_reason(client: Client) -> None:
    response = client.get("/api/v1/teachers", headers={"Authorization": "Bearer nobody"})
    assert (response.status_code, _problem(response)["code"]) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="libreta"'
    assert "made up" not in response.content.decode()


def test_unreachable_pool_is_503_with_retry_after(client: Client, verifier: NamingVerifier) -> None:
    verifier.error = KeysUnavailableError("JWKS")
    response = client.get("/api/v1/teachers", headers={"Authorization": "Bearer teacher"})
    assert (response.status_code, _problem(response)["code"]) == (503, "keys_unavailable")
    assert response.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        ("teacher", "GET", "teachers", 200),
        ("teacher", "HEAD", "teachers", 200),
        ("student", "GET", "teachers", 403),
        ("student", "HEAD", "teachers", 403),
        ("teacher", "PUT", "teachers", 405),
        ("teacher", "POST", "teachers", 405),
        ("teacher", "OPTIONS", "teachers", 405),
        ("teacher", "BREW", "teachers", 405),
        ("teacher", "GET", "unnamed", 405),
    ],
)
def test_role_and_method_decide(client: Client, token: str, method: str, path: str, status: int) -> None:
    response = client.generic(method, f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == status
    if status >= 400 and method != "HEAD":
        _problem(response)


@pytest.mark.parametrize(
    "offered", [CORRELATION_ID, CORRELATION_ID.upper(), CORRELATION_ID.replace("-", ""), "a" * 64, "0" * 16]
)
def test_well_formed_correlation_id_comes_back(client: Client, offered: str) -> None:
    response = client.get("/api/v1/no-such-route", headers={"X-Correlation-Id": offered})
    assert response.headers["X-Correlation-Id"] == offered


@pytest.mark.parametrize(
    "offered",
    [
        "",
        "short",
        "ana-munoz-rojas",
        "ana.munoz_12",
        "a" * 15,
        "6f1c0b523a6e-4d0f-9a55-0c1f2b7d8e90",
        "a" * 65,
        'x" event="forged',
        "12345678\n{}",
        "12345678\r\nSet-Cookie: a=b",
        "ñandú-1234",
        "\u0661" * 9,
    ],
)
def test_malformed_correlation_id_is_replaced(client: Client, offered: str) -> None:
    response = client.get("/api/v1/no-such-route", headers={"X-Correlation-Id": offered})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Correlation-Id"])


@pytest.mark.parametrize("path", ["/api/v1/teachers", "/api/v1/raise/crash", "/api/v1/no-such-route", "/crash", "/x"])
def test_every_answer_carries_the_strict_policy(client: Client, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
