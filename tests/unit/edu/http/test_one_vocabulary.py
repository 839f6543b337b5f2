"""The same failure has the same code, status, words and headers at the API and at the event door."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.http.errors import BusyError
from edu.identity.jwks import KeysUnavailableError
from tests.unit.edu.http.doors import JSON, Sent, ask_api, ask_door
from tests.unit.edu.http.urls import SECRET, Taking

if TYPE_CHECKING:
    from django.test import Client

    from tests.unit.edu.http.conftest import NamingVerifier
    from tests.unit.edu.http.doors import Told

COMPARED_HEADERS = ("Content-Type", "Www-Authenticate", "Retry-After", "Accept", "Accept-Encoding")


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A request that both refuse. ``path`` replaces the address of both."""

    status: int
    code: str
    method: str = "POST"
    path: str = ""
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    pool_is_away: bool = False
    error_behind: Exception | None = None


def _malformed(body: bytes) -> Bad:
    return Bad(status=400, code="malformed_body", body=body)


def _media(content_type: str, **more: str) -> Bad:
    return Bad(status=415, code="unsupported_media_type", headers={"Content-Type": content_type, **more})


def _token(authorization: str, code: str) -> Bad:
    return Bad(status=401, code=code, headers={"Authorization": authorization})


BAD: dict[str, Bad] = {
    "no token": _token("", "not_authenticated"),
    "another scheme": _token("Basic eDp5", "not_authenticated"),
    "scheme alone": _token("Bearer", "invalid_token"),
    "bad token": _token("Bearer nobody", "invalid_token"),
    "pool away": Bad(status=503, code="keys_unavailable", pool_is_away=True),
    "another role": Bad(status=403, code="forbidden", headers={"Authorization": "Bearer auditor"}),
    "unknown address": Bad(status=404, code="not_found", path="/api/v1/no-such-route"),
    "method": Bad(status=405, code="method_not_allowed", method="PUT"),
    "method of no standard": Bad(status=405, code="method_not_allowed", method="BREW"),
    "body of two mebibytes": Bad(status=413, code="body_too_large", body=b" " * 2_097_152),
    "no media type": _media(""),
    "text": _media("text/plain"),
    "form": _media("application/x-www-form-urlencoded"),
    "compressed": _media(JSON, **{"Content-Encoding": "gzip"}),
    "compressed and no JSON": _media("text/plain", **{"Content-Encoding": "br"}),
    "another character encoding": Bad(
        status=400, code="malformed_body", headers={"Content-Type": "application/json; charset=latin-1"}
    ),
    "an encoding of no standard": Bad(
        status=400, code="malformed_body", headers={"Content-Type": 'application/json;Charset="x-own"'}
    ),
    "byte order mark": _malformed(b"\xef\xbb\xbf{}"),
    "half an object": _malformed(b"{"),
    "no JSON on a later line": _malformed(b'{"kind": "late",\n}'),
    "no UTF-8": _malformed(b'"\xff"'),
    "no number": _malformed(b"NaN"),
    "deep": _malformed(b"[" * 100_000),
    "a name twice": _malformed(b'{"kind": "late", "kind": "late"}'),
    "busy": Bad(status=503, code="busy", error_behind=BusyError()),
    "defect": Bad(status=500, code="internal_error", error_behind=KeyError(SECRET)),
}


@dataclass(frozen=True)
class Refusal:
    """What a client is told, without what differs by request."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    allow: str


def _event() -> dict[str, object]:
    return {"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": clock.now().isoformat()}


def _sent(bad: Bad, language: str, event: dict[str, object] | None = None) -> Sent:
    body = json.dumps(event).encode() if event else bad.body
    return Sent(body=body, method=bad.method, path=bad.path, headers={"Accept-Language": language, **bad.headers})


def _refusal(told: Told) -> Refusal:
    assert told.body.pop("correlation_id") == told.headers["X-Correlation-Id"]
    compared = {name: told.headers[name] for name in COMPARED_HEADERS if name in told.headers}
    return Refusal(told.status, told.body, compared, told.headers.get("Allow", ""))


def _of_the_api(client: Client, bad: Bad, language: str) -> Refusal:
    return _refusal(ask_api(client, _sent(bad, language)))


def _of_the_door(bad: Bad, language: str, event: dict[str, object] | None) -> Refusal:
    return _refusal(ask_door(_sent(bad, language, event), error_behind=bad.error_behind))


def _set_scene(bad: Bad, verifier: NamingVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier.error = KeysUnavailableError("JWKS") if bad.pool_is_away else None
    monkeypatch.setattr(Taking, "error", bad.error_behind)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("name", BAD)
def test_same_failure_is_told_the_same(
    client: Client, verifier: NamingVerifier, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    bad = BAD[name]
    _set_scene(bad, verifier, monkeypatch)
    event = _event() if bad.error_behind else None
    api, door = _of_the_api(client, bad, language), _of_the_door(bad, language, event)
    assert (api.status, api.body["code"]) == (bad.status, bad.code)
    assert (door.status, door.body, door.headers) == (api.status, api.body, api.headers)
    if bad.status == 405:
        assert api.allow == door.allow == "POST"


def test_words_differ_by_language(client: Client, verifier: NamingVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, list[dict[str, Any]]] = {}
    for name, bad in BAD.items():
        _set_scene(bad, verifier, monkeypatch)
        told[name] = [_of_the_api(client, bad, language).body for language in ("es", "en")]
    assert [name for name, (spanish, english) in told.items() if spanish["title"] == english["title"]] == []
    assert [english["title"] for _, english in (told["text"], told["compressed"])] == [
        "Send application/json",
        "Send the body as it is, without a Content-Encoding such as gzip",
    ]
    assert told["byte order mark"][0]["detail"] == (
        "El cuerpo de la solicitud no es JSON: empieza con una marca de orden de bytes (EF BB BF); envíelo sin ella"
    )
    assert told["another character encoding"][1]["detail"] == "The body has to be in UTF-8, as all JSON is"
    spanish, english = told["half an object"]
    assert spanish["detail"] == "El cuerpo de la solicitud no es JSON: revise la línea 1, columna 2"
    assert english["detail"] == "The body is not JSON: see line 1, column 2"


@pytest.mark.parametrize(
    ("name", "header", "value"), [("text", "Accept", JSON), ("compressed", "Accept-Encoding", "identity")]
)
def test_refused_media_type_says_in_the_head_what_is_taken(client: Client, name: str, header: str, value: str) -> None:
    assert _of_the_api(client, BAD[name], "es").headers[header] == value


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"', "utf-8; x=y"])
def test_utf_8_may_be_said(client: Client, charset: str) -> None:
    sent = Sent(headers={"Content-Type": f"application/json; charset={charset}"})
    assert (ask_api(client, sent).status, ask_door(sent).status) == (202, 422)
