"""Texts in a query: whatever they hold, they stay texts."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from analytics.queries.sql import Sql, UnboundTextError, bind, compose, literal

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")))
ATTACKS = ["'", "''", "' OR '1'='1", "'; DROP TABLE events; --", "\\'", "/*", "?", "{}", "{0}", "$path", "%s", "“”"]


@given(TEXTS)
def test_text_is_read_back_as_it_was(text: str) -> None:
    assert duckdb.connect().execute(f"SELECT {literal(text)}").fetchone() == (text,)


@given(TEXTS)
def test_text_is_one_literal_to_athenas_dialect(text: str) -> None:
    tree = sqlglot.parse_one(f"SELECT {literal(text)}", read="trino")
    (found,) = tree.expressions
    assert isinstance(found, exp.Literal)
    assert found.name == text


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x7f", "\ud800"])
def test_text_that_no_query_can_hold_is_refused(text: str) -> None:
    with pytest.raises(UnboundTextError):
        literal(text)


@pytest.mark.parametrize("text", ATTACKS)
def test_pieces_are_never_read_as_templates_and_keep_their_order(text: str) -> None:
    made = compose("{} AND {}", compose("a = {}", bind(text)), compose("b IN ({})", bind(1, text)))
    assert made == Sql("a = ? AND b IN (?, ?)", (literal(text), "1", literal(text)))


def test_text_longer_than_athena_binds_is_refused() -> None:
    with pytest.raises(UnboundTextError):
        bind("x" * 1024)
