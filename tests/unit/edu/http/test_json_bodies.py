"""Bodies are read exactly, and refused when two readers could read them differently."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from edu.http.errors import MalformedBodyError
from edu.http.json_bodies import canonical, decode
from evaluations.api.evaluation_serializers import EvaluationInput
from evaluations.api.score_serializers import ScoreInput


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"6.4999999999999999", Decimal("6.4999999999999999")),
        (b"1e2", Decimal("1E+2")),
        (b"7", 7),
        ('{"á": [1.50, null]}'.encode(), {"á": [Decimal("1.50"), None]}),
    ],
)
def test_body_is_read_digit_by_digit(body: bytes, value: object) -> None:
    assert repr(decode(body)) == repr(value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"NaN", "not JSON"),
        (b'{"value": -Infinity}', "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b"1e" + b"9" * 30, "not JSON"),
        (b'"\xff"', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": 1, "a": 1}', "same name"),
        (b'[{"a": {"b": 1, "\\u0062": 2}}]', "same name"),
    ],
)
def test_malformed_body_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with translation.override("en"), pytest.raises(MalformedBodyError, match=reason):
        decode(body)


@pytest.mark.parametrize(
    ("number", "text"), [(b"6.5", "6.5"), (b"7", "7"), (b"5.50", "5.50"), (b"6.4999999999999999999", None)]
)
def test_score_as_a_number_is_the_text_it_was_written_as(number: bytes, text: str | None) -> None:
    sent = ScoreInput(data=decode(b'{"student_id": "ana", "value": ' + number + b"}"))
    assert sent.is_valid() is (text is not None)
    if text is not None:
        assert sent.validated_data["value"] == text


@pytest.mark.parametrize(("number", "valid"), [(b"25.5", True), (b"0.001", False), (b"1e999999", False)])
def test_weight_as_a_number_is_exact(number: bytes, valid: bool) -> None:  # noqa: FBT001 - a case of the table
    sent = EvaluationInput(data=decode(b'{"weight": ' + number + b"}"))
    sent.is_valid()
    assert ("weight" in sent.errors) is not valid


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"a":1,"b":[true,null]}', b'{ "b" : [ true,\n null ],\t"a": 1 }', True),
        ('{"título": "ñ"}'.encode(), rb'{"t\u00edtulo": "\u00f1"}', True),
        (rb'"\ud83c\udf92"', '"🎒"'.encode(), True),
        (b"[1e2]", b"[1E+2]", True),
        (b"[]", b"{}", False),
        (b"[1,2]", b"[2,1]", False),
        (b'["1"]', b"[1]", False),
        (b"[1]", b"[1.0]", False),
        (b"[5.50]", b"[5.5]", False),
        (b"[100]", b"[1e2]", False),
        (b'"1E+2"', b"1e2", False),
        (b"[true]", b"[1]", False),
        (b"[null]", b'["null"]', False),
        (b'{"a":null}', b"{}", False),
        (b'{"a":{"b":1}}', b'{"a":{"b":1,"c":2}}', False),
        (rb'["\ud800"]', b'["?"]', False),
        (b'{"a":"1,\\"b\\":2"}', b'{"a":"1","b":2}', False),
    ],
)
def test_bodies_are_the_same_that_say_the_same(one: bytes, other: bytes, same: bool) -> None:  # noqa: FBT001
    assert (canonical(decode(one)) == canonical(decode(other))) is same
    assert canonical(decode(one)).isascii()


def test_canonical_text_says_what_the_value_does() -> None:
    body = rb'{"b": [1, 2.50, -3E-7, "\u00f1\"", {}, []], "a": {"\ud800": null, "": false}}'
    assert decode(canonical(decode(body)).encode()) == decode(body)
