"""The canonical form: that of RFC 8785, and another one for every other value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.canonical import canonical, canonical_sha256, instant_text

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


def test_names_are_in_the_order_of_their_utf_16_units() -> None:
    """The example of RFC 8785, 3.2.3."""
    given_names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(given_names))) == expected


def test_texts_are_written_as_the_standard_says() -> None:
    """The string of RFC 8785, 3.2.2."""
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical([text]) == '["€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"]'.encode()


@given(values)
def test_canonical_form_says_the_value_and_nothing_else(value: Any) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(values, values)
def test_other_values_have_another_digest(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical_sha256(one) == canonical_sha256(other)) is same


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, 2**53, float("nan"), {1: 2}, {1, 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one is the library's
        canonical(value)


def test_instant_has_one_text() -> None:
    instant = datetime(2026, 11, 29, 12, tzinfo=timezone(timedelta(hours=-3)))
    assert instant_text(instant) == instant_text(instant.astimezone(UTC)) == "2026-11-29T15:00:00.000000Z"
