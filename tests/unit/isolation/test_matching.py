"""IAM's patterns, against a slow definition of the same and by properties."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.isolation.policy.matching import MalformedPatternError, Wild, matches, parse

LETTERS = "ab#*?/\n\u00e9$"
texts = st.text(alphabet=LETTERS, max_size=8)


def fits(pattern: str, text: str, **values: str) -> bool:
    tokens = parse(pattern, values.get)
    return tokens is not None and matches(tokens, text)


def by_regex(pattern: str, text: str) -> bool:
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(c) or re.escape(c) for c in pattern), text, re.DOTALL) is not None


@given(pattern=st.text(alphabet="ab#*?/\n", max_size=8), text=texts)
def test_pattern_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    assert fits(pattern, text) is by_regex(pattern, text)


@given(text=texts)
def test_lone_star_matches_everything(text: str) -> None:
    assert fits("*", text)


@given(value=texts.filter(bool), text=texts)
def test_variable_stands_for_itself_alone(value: str, text: str) -> None:
    assert fits("${v}", text, v=value) is (value == text)


@given(school=st.from_regex(r"[a-z0-9][a-z0-9-]{1,8}", fullmatch=True), other=texts)
def test_own_prefix_reaches_only_what_goes_on_after_hash(school: str, other: str) -> None:
    own = fits("S#${v}", f"S#{other}", v=school) or fits("S#${v}#*", f"S#{other}", v=school)
    assert own is (other == school or other.startswith(f"{school}#"))


def test_variable_without_value_never_matches() -> None:
    assert parse("SCHOOL#${aws:PrincipalTag/school_id}", lambda _name: None) is None


@pytest.mark.parametrize("character", ["*", "?", "$"])
def test_escaped_character_is_itself(character: str) -> None:
    assert parse("${" + character + "}", lambda _name: None) == [character]
    assert fits("${" + character + "}", character)
    assert not fits("${" + character + "}", "x")


def test_wildcards_are_tokens_of_their_own() -> None:
    assert parse("a*?", lambda _name: None) == ["a", Wild.ANY, Wild.ONE]


@pytest.mark.parametrize("pattern", ["${", "${}", "a${b"])
def test_unclosed_or_empty_variable_is_refused(pattern: str) -> None:
    with pytest.raises(MalformedPatternError):
        parse(pattern, lambda _name: "x")
