"""Athena's engine runs one SELECT over what it was given, and nothing reaches past that."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from deploy.emulator.extension import patching, query_engine, query_statement
from deploy.emulator.extension.query_engine import problem_with, run_select
from deploy.emulator.extension.query_statement import QueryRefusedError
from tests.isolation.storage.query_forms import Targets, forms

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def targets(tmp_path: Path) -> Targets:
    outside = tmp_path / "outside"
    outside.mkdir()
    data, key = outside / "another.parquet", outside / "root-credentials"
    duckdb.sql(f"COPY (SELECT 'of-another-school' AS x) TO '{data}' (FORMAT parquet)")
    key.write_text("[root]\naws_secret_access_key = secret\n", encoding="utf-8")
    return Targets(data, key, outside / "new", "lake/events")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """What the caller may read, as the emulator copies it for one query."""
    inside = tmp_path / "inside"
    inside.mkdir()
    duckdb.sql(f"COPY (SELECT 7 AS x, 'a' AS y) TO '{inside}/f.parquet' (FORMAT parquet)")
    return str(inside)


def test_every_form_of_the_matrix_ends_at_the_bounds(targets: Targets, folder: str) -> None:
    for name, sql in forms(targets).items():
        if problem_with(sql):
            continue
        with pytest.raises(duckdb.Error) as caught:
            run_select(sql, [folder])
        assert any(word in str(caught.value) for word in ("Permission Error", "disabled")), (name, caught.value)
    assert not targets.new.exists()


def test_what_is_no_single_select_is_refused_before_it_runs(targets: Targets) -> None:
    refused = {name for name, sql in forms(targets).items() if problem_with(sql)}
    assert {"DROP TABLE", "DROP TABLE behind a comment", "DROP TABLE behind a SELECT", "COPY to a file"} <= refused
    assert {"SET", "PRAGMA", "CALL", "INSTALL", "LOAD", "UNLOAD to a file", "CREATE TABLE AS", "INSERT INTO"} <= refused
    assert problem_with("") == "one statement at a time"


@pytest.mark.parametrize(
    "sql",
    ["SELECT 1", "select count(*) from t where a = 'x;y'", "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "SELECT 1;"],
)
def test_a_select_is_run(sql: str) -> None:
    assert problem_with(sql) == ""


def test_rows_of_the_callers_own_files_come_with_athenas_types(folder: str) -> None:
    found = run_select(f"SELECT x, y FROM read_parquet(['{folder}/f.parquet'])", [folder])
    assert found == {"columns": ["x", "y"], "column_types": ["integer", "varchar"], "rows": [[7, "a"]]}


@pytest.mark.parametrize("sql", ["SELECT 1 AS x", "SELECT max(x) FROM range(10) AS t(x)"])
def test_a_query_without_files_needs_none(sql: str) -> None:
    assert run_select(sql, [])["rows"] in ([[1]], [[9]])


def test_variables_of_the_emulator_are_no_tables() -> None:
    somebodys = duckdb.sql("SELECT 1 AS x")
    assert somebodys is not None
    with pytest.raises(duckdb.Error, match="somebodys"):
        run_select("SELECT * FROM somebodys", [])


def test_a_query_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_engine, "LONGEST_S", 0.3)
    with pytest.raises(duckdb.InterruptException):
        run_select("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = -1", [])


class Athena:
    """One query that was started and read, and its execution."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status: dict[str, Any] = {"State": "QUEUED"}
        self.execution: dict[str, Any] = {
            "QueryExecutionId": "q",
            "WorkGroup": "w",
            "Status": self.status,
            "Statistics": {},
        }
        self._executions, self._workgroups = {"q": self.execution}, dict[str, Any]()
        monkeypatch.setattr(patching, "service", lambda _name: self)
        monkeypatch.setattr(query_engine, "_statements", {"q": query_statement.read("SELECT 1")})

    async def _save_query_results(self, _query_id: str) -> None:
        self.execution["saved"] = True

    def run(self) -> None:
        asyncio.run(query_engine._execute(lambda: None)("q", "SELECT 1", "d", None))


def test_a_query_that_was_stopped_before_it_began_stays_so_and_its_statement_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    athena = Athena(monkeypatch)
    athena.status["State"] = "CANCELLED"
    athena.run()
    assert (athena.status["State"], "saved" in athena.execution) == ("CANCELLED", False)
    assert query_engine._statements == {}


def test_a_query_that_was_stopped_and_then_failed_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    athena = Athena(monkeypatch)

    def stopped(*_args: object, **_named: object) -> None:
        athena.status["State"] = "CANCELLED"
        raise QueryRefusedError("later")

    monkeypatch.setattr(query_engine, "planned", stopped)
    monkeypatch.setattr(query_engine, "QueryFolder", contextlib.nullcontext)
    athena.run()
    assert athena.status["State"] == "CANCELLED"


def test_a_statement_is_forgotten_with_its_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    athena = Athena(monkeypatch)
    athena._executions.clear()
    with contextlib.suppress(KeyError):
        athena.run()
    assert query_engine._statements == {}
