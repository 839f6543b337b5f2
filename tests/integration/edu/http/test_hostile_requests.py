"""Nothing that a teacher's program can send ends as a 500: every refusal is a 4xx problem+json."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.edu.http.conftest import Place

SURROGATE, LONG = "\ud800", "9" * 5000


def _json(**changed: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: json.dumps({**good, **changed}).encode()


def _raw(member: str) -> Callable[[dict[str, Any]], bytes]:
    """The good body with a member that json.dumps would not write."""
    return lambda good: json.dumps(good)[:-1].encode() + b"," + member.encode() + b"}"


def _members(number: int) -> bytes:
    """An object of that many members that nobody asked for."""
    return b"{" + b",".join(b'"%d":1' % n for n in range(number)) + b"}"


ANY_BODY: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "empty": lambda _: b"",
    "list": lambda _: b"[]",
    "list of one": lambda good: json.dumps([good]).encode(),
    "null": lambda _: b"null",
    "text": lambda _: b'"x"',
    "number": lambda _: b"7",
    "true": lambda _: b"true",
    "not JSON": lambda _: b"{",
    "bad bytes": lambda _: b"\xff\xfe",
    "byte order mark": lambda good: b"\xef\xbb\xbf" + json.dumps(good).encode(),
    "deep lists": lambda _: b"[" * 100_000,
    "deep objects": lambda _: b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep member": lambda good: json.dumps(good)[:-1].encode() + b',"title":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "members by the thousand": lambda _: _members(100_000),
    "too large": lambda _: b'{"title":"' + b"x" * 2_000_000 + b'"}',
}
EVALUATIONS = ANY_BODY | {
    "surrogate kind": _json(kind=SURROGATE),
    "surrogate title": _json(title=f"a{SURROGATE}"),
    "surrogate term": _json(term_id=SURROGATE),
    "null byte": _json(title="a\0b"),
    "control characters": _json(title="a\x1bb"),
    "line break": _json(title="a\nb"),
    "title list": _json(title=["x"]),
    "title object": _json(title={"x": 1}),
    "title too long": _json(title="x" * 121),
    "huge integer": _raw(f'"weight":{LONG}'),
    "huge text": _json(weight=LONG),
    "huge exponent": _json(weight="1e999999999"),
    "infinite": _raw('"weight":1e999'),
    "NaN": _raw('"weight":NaN'),
    "NaN text": _json(weight="NaN"),
    "signalling NaN": _json(weight="sNaN"),
    "weight true": _json(weight=True),
    "weight null": _json(weight=None),
    "too exact": _json(weight="1.001"),
    "date number": _json(held_on=20260101),
    "date text": _json(held_on="2026-02-30"),
    "date with time": _json(held_on="2026-01-01T00:00:00Z"),
    "year 0": _json(held_on="0000-01-01"),
    "kind object": _json(kind={}),
    "kind null": _json(kind=None),
    "two members of one name": _raw('"kind":"exam"'),
}
SCORES = ANY_BODY | {
    "surrogate state": _json(state=SURROGATE),
    "surrogate student": _json(student_id=SURROGATE),
    "surrogate value": _json(value=SURROGATE),
    "null byte": _json(value="6\0"),
    "key separator": _json(student_id="a#b"),
    "wildcard": _json(student_id="*"),
    "value list": _json(value=["6.5"]),
    "huge value": _json(value=LONG),
    "value number": _raw('"value":1e999'),
    "other digits": _json(value="\u0666.\u0665"),
    "exponent": _json(value="65e-1"),
    "student list": _json(student_id=["student-001"]),
    "state list": _json(state=["recorded"]),
    "two members of one name": _raw('"value":"6.5"'),
}


def _send(
    token: str, path: str, body: bytes = b"", *, method: str = "POST", kind: str = "application/json", **headers: str
) -> Any:
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(raise_request_exception=False)
    return client.generic(method, f"/api/v1{path}", data=body, content_type=kind, headers=sent)


def _assert_refused(response: Any) -> None:
    assert 400 <= response.status_code < 500, response.content[:300]
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["correlation_id"] == response.headers["X-Correlation-Id"]


@pytest.mark.parametrize("name", EVALUATIONS)
def test_hostile_evaluation_refused(place: Place, name: str) -> None:
    _assert_refused(_send(place.teacher.token, "/sections/mat-5a/evaluations", EVALUATIONS[name](place.exam)))


def test_body_over_a_mebibyte_is_too_large(place: Place) -> None:
    response = _send(place.teacher.token, "/sections/mat-5a/evaluations", ANY_BODY["too large"]({}))
    assert (response.status_code, json.loads(response.content)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sections/mat-5a/evaluations", _members(100_000)),
        ("PUT", "/evaluations/{}/scores", b'{"rows":[' + b",".join([_members(900)] * 100) + b"]}"),
    ],
)
def test_refusal_of_a_hostile_body_is_quick_and_small(place: Place, method: str, path: str, body: bytes) -> None:
    """Measured here: 0.01 s of processor time for the whole request, where it was 3 to 6 s, and an answer of 8 MB."""
    path = path.format(place.evaluation_id)
    started = time.thread_time()
    response = _send(place.teacher.token, path, body, method=method)
    spent_s = time.thread_time() - started
    _assert_refused(response)
    assert spent_s < 0.5
    assert len(response.content) < 1_000


@pytest.mark.parametrize("name", SCORES)
def test_hostile_score_refused(place: Place, name: str) -> None:
    good = {"student_id": "student-001", "value": "6.5"}
    _assert_refused(_send(place.teacher.token, f"/evaluations/{place.evaluation_id}/scores", SCORES[name](good)))
    assert place.teacher.get(f"/evaluations/{place.evaluation_id}/scores").json()["results"] == []


@pytest.mark.parametrize(
    "kind",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"),
        *("application/json; charset=rot13", "application/json; charset=zlib", "application/json; charset=utf-16"),
        *("application/json; charset=base64", "application/json; charset=undefined", "application/xml"),
    ],
)
def test_wrong_content_type_refused_on_writes_and_harmless_on_reads(place: Place, kind: str) -> None:
    path = f"/evaluations/{place.evaluation_id}/scores"
    _assert_refused(_send(place.teacher.token, path, b'{"student_id":"student-001","value":"6.5"}', kind=kind))
    assert _send(place.teacher.token, path, method="GET", kind=kind).status_code == 200
    _assert_refused(_send(place.teacher.token, f"{path}?x=%ff", method="GET", kind=kind))


@pytest.mark.parametrize(
    "cursor", ["x", "%FF%00%ED%A0%80", "A" * 5000, "gAAAAA" + "A" * 90, "%F1and%FA", "..%2F..%2Fetc", "%0d%0aX:1"]
)
def test_hostile_cursor_refused(place: Place, cursor: str) -> None:
    _assert_refused(_send(place.teacher.token, f"/sections/mat-5a/evaluations?cursor={cursor}", method="GET"))


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=2&limit=2", "term=a&limit=1&term=b", "cursor=&cursor="])
def test_parameter_given_twice_is_refused_by_name(place: Place, query: str) -> None:
    response = _send(place.teacher.token, f"/sections/mat-5a/evaluations?{query}", method="GET")
    _assert_refused(response)
    [error] = json.loads(response.content)["errors"]
    assert (response.status_code, error["rule"]) == (422, "repeated_parameter")
    assert error["message"] == "Este parámetro aparece más de una vez"
    assert query.count(f"{error['field']}=") == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "\xff\xfe", "clé", "a\tb", "a\x7fb"])
def test_hostile_idempotency_key_refused(place: Place, key: str) -> None:
    body = b'{"student_id":"student-001","value":"6.5"}'
    _assert_refused(_send(place.teacher.token, f"/evaluations/{place.evaluation_id}/scores", body, Idempotency_Key=key))


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/sections/SCHOOL%23x/evaluations",
            "/sections/*/evaluations",
            "/evaluations/%00",
            "/evaluations/" + "a" * 41,
        ),
        *("/evaluations/a%0A", "/evaluations/%ED%A0%80", "/evaluations/..%2f..", "/evaluations/x/scores/%F1", "//"),
    ],
)
def test_hostile_path_is_not_found(place: Place, path: str) -> None:
    response = _send(place.teacher.token, path, method="GET")
    _assert_refused(response)
    assert response.status_code == 404


@pytest.mark.parametrize(
    "authorization",
    ["Bearer \xff\xfe", "Bearer", "Bearer a b", "bearer x.y.z", "Basic eDp5", "\xff", "Bearer " + "x" * 9000],
)
def test_hostile_authorization_is_unauthorized(place: Place, authorization: str) -> None:
    response = _send(place.teacher.token, "/sections", method="GET", Authorization=authorization)
    _assert_refused(response)
    assert response.status_code == 401


@pytest.mark.parametrize("language", ["\xff", "x" * 5000, "es;q=abc, en;q=2", "../../etc", "tlh"])
def test_hostile_language_is_answered_in_spanish_or_english(place: Place, language: str) -> None:
    response = _send(place.teacher.token, "/evaluations/none", method="GET", Accept_Language=language)
    assert json.loads(response.content)["title"] in {"No se encuentra", "Not found"}
