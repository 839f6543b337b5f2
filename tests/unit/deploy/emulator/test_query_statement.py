"""Athena's statements: parameters go where the tokens say, and only one SELECT comes through."""

from __future__ import annotations

import pytest

from deploy.emulator.extension.query_statement import QueryRefusedError, in_the_engines_words, read


def test_parameters_go_in_order_and_never_into_texts_or_comments() -> None:
    sql = "SELECT '?', \"a?\" FROM t /* ? */ WHERE a = ? AND b IN (?, ?) -- ?"
    expected = "SELECT '?', \"a?\" FROM t WHERE a = 'it''s ?' AND b IN (-3, CAST('2026-01-01' AS DATE))"
    found = read(sql, ["'it''s ?'", "-3", "date '2026-01-01'"])
    assert found.sql(dialect="trino", comments=False) == expected


@pytest.mark.parametrize("parameters", [[], ["1"], ["1", "2", "3"]])
def test_another_number_of_parameters_is_refused(parameters: list[str]) -> None:
    with pytest.raises(QueryRefusedError, match=f"expected 2 but found {len(parameters)}"):
        read("SELECT ? WHERE a = ?", parameters)


@pytest.mark.parametrize(
    "parameter",
    [
        "abc",
        "'a' OR true",
        "1 + 1",
        "'a'; DROP TABLE t",
        "(SELECT 1)",
        "'open",
        "",
        "now()",
        "1 -- x",
        "x => 1",
        "2026-01-01",
    ],
)
def test_a_parameter_that_is_no_literal_is_refused(parameter: str) -> None:
    with pytest.raises(QueryRefusedError, match="parameter"):
        read("SELECT ?", [parameter])


@pytest.mark.parametrize("parameter", ["'abc'", "''", "12", "-1.5", "true", "NULL", "timestamp '2026-01-01 00:00:00'"])
def test_literals_are_bound(parameter: str) -> None:
    assert in_the_engines_words(read("SELECT ?", [parameter]))


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; SET x = 1",
        "DROP TABLE t",
        "SET x = 1",
        "SELECT 1 INTO t",
        "UNLOAD (SELECT 1)",
        "INSERT INTO t SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "EXPLAIN SELECT 1",
        "SELECT (",
        "COPY t TO 'x'",
    ],
)
def test_what_is_no_single_select_is_refused(sql: str) -> None:
    with pytest.raises(QueryRefusedError, match="Access denied"):
        read(sql)


@pytest.mark.parametrize(
    "sql", ["SELECT 1;", "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "SELECT 1 UNION ALL SELECT 2"]
)
def test_a_select_is_read(sql: str) -> None:
    assert in_the_engines_words(read(sql))


def test_a_statement_longer_than_athenas_bound_is_refused() -> None:
    with pytest.raises(QueryRefusedError, match="longer than 262144"):
        read("SELECT '" + "x" * 262_144 + "'")


def test_names_count_without_case_unless_quoted() -> None:
    assert (
        in_the_engines_words(read('SELECT Kind AS Total, "Kind" FROM Events'))
        == 'SELECT kind AS total, "Kind" FROM events'
    )


def test_patterns_of_times_are_translated_or_refused() -> None:
    assert "'%Y-%m-%dT%H:%M'" in in_the_engines_words(read("SELECT format_datetime(t, 'yyyy-MM-dd''T''HH:mm')"))
    with pytest.raises(QueryRefusedError, match="'Q'"):
        in_the_engines_words(read("SELECT format_datetime(t, 'Q')"))
