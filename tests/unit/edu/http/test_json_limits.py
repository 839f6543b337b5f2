"""What a body may hold, and that finding out costs little, whatever was sent."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from edu.http.errors import MalformedBodyError
from edu.http.json_bodies import decode
from edu.http.json_limits import MAX_DEPTH, MAX_TEXT_BYTES, MAX_VALUES

MEBIBYTE = 1_048_576
SLOWEST_S = 0.1  # of processor time for a mebibyte; measured: 0.01
MOST_MEMORY = 3  # times the body's size


def _members(number: int) -> bytes:
    return b",".join(b'"%d":1' % n for n in range(number))


HOSTILE: dict[str, bytes] = {
    "unknown fields": b"{" + _members(100_000) + b"}",
    "an event's unknown fields": b"{" + _members(28_000) + b"}",
    "rows of unknown fields": b'{"rows":[' + b",".join([b"{" + _members(900) + b"}"] * 100) + b"]}",
    "items": b"[" + b"1," * 500_000 + b"1]",
    "empty lists": b"[" + b"[]," * 300_000 + b"[]]",
    "texts": b"[" + b'"a",' * 200_000 + b'"a"]',
    "a long text": b'"' + b"x" * 1_000_000 + b'"',
    "a text of escapes": b'"' + b"\\n" * 500_000 + b'"',
    "texts of commas": b"[" + b",".join([b'"' + b"," * 8_000 + b'"'] * 120) + b',"' + b"," * 9_000 + b'"]',
    "a long number": b"9" * 1_000_000,
    "a long exponent": b"1e" + b"9" * 1_000_000,
    "beginnings": b"[" * 1_000_000,
    "beginnings of both": b'[{"":' * 200_000,
    "no JSON: ends": b"]" * 1_000_000,
    "no JSON: quotes": b'"' * 1_000_000,
    "no JSON: texts side by side": b'["" ' * 1 + b'"" ' * 300_000,
    "no JSON: a text without an end": b'["' + b'\\"' * 500_000,
    "no JSON: escaped quotes": b'\\"' * 500_000,
    "no JSON: commas": b"," * 1_000_000,
    "no JSON: letters": b"x" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_body_is_refused_at_a_small_multiple_of_its_size(name: str) -> None:
    body = HOSTILE[name]
    assert len(body) <= MEBIBYTE
    spent_s = min(_refused_in_s(body) for _ in range(3))
    tracemalloc.start()
    try:
        _refused_in_s(body)
        _kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spent_s < SLOWEST_S
    assert most < MOST_MEMORY * len(body)


def _refused_in_s(body: bytes) -> float:
    started = time.thread_time()
    with pytest.raises(MalformedBodyError):
        decode(body)
    return time.thread_time() - started


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" + b",".join([b"1"] * (MAX_VALUES - 1)) + b"]", ""),
        (b"[" + b",".join([b"1"] * (MAX_VALUES)) + b"]", f"more than {MAX_VALUES} values"),
        (b"{" + _members(MAX_VALUES - 1) + b"}", ""),
        (b"{" + _members(MAX_VALUES) + b"}", f"more than {MAX_VALUES} values"),
        (b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH, ""),
        (b"[" * (MAX_DEPTH + 1) + b"1" + b"]" * (MAX_DEPTH + 1), "too deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too deep"),
        (b"[" + b",".join([b"[[]]"] * 300) + b"]", ""),
        (b'"' + b"x" * (MAX_TEXT_BYTES - 2) + b'"', ""),
        (b'"' + b"x" * (MAX_TEXT_BYTES - 1) + b'"', f"longer than {MAX_TEXT_BYTES} bytes"),
        (b'{"' + b"x" * MAX_TEXT_BYTES + b'":1}', f"longer than {MAX_TEXT_BYTES} bytes"),
        (b"9" * 100, ""),
        (b"9" * 101, "more than 100 characters"),
        (b"0." + b"9" * 99, "more than 100 characters"),
    ],
)
def test_limit_is_where_it_is_said_to_be(body: bytes, reason: str) -> None:
    with translation.override("en"):
        assert reason in _refusal(body)
        assert bool(_refusal(body)) is bool(reason)


@pytest.mark.parametrize("noise", [",", "[", "{", "]", '"', "\\", "\\\\", '\\"', "{[,]}", '","', "\\u0022["])
def test_what_stands_in_texts_does_not_count(noise: str) -> None:
    sent = {f"{noise}{n}": noise * 9 for n in range(300)}
    assert decode(json.dumps(sent).encode()) == sent
    assert decode(json.dumps(sent, indent=4, ensure_ascii=False).encode()) == sent


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=8),
    max_leaves=60,
)


@given(JSON_VALUES)
def test_whatever_is_within_the_limits_is_read_as_it_is(value: object) -> None:
    body = json.dumps(value).encode()
    if _depth(value) > MAX_DEPTH:
        assert _refusal(body)
    else:
        assert decode(body) == value


def _refusal(body: bytes) -> str:
    try:
        decode(body)
    except MalformedBodyError as error:
        return str(error.detail)
    return ""


def _depth(value: object) -> int:
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return 1 + max(map(_depth, parts), default=0)
    return 0
