"""Athena's engine kept to what a query may do: one SELECT, over copies of what its caller may read, and nothing else.

Stock ministack hands the statement to DuckDB as it is, in the emulator's own process and with the machine's files and
network before it: a path in FROM read any file, COPY wrote one, DROP TABLE took the shared catalogue's. DuckDB's own
bounds are set here before the statement is seen, and locked:
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import asyncio
import shutil
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from deploy.emulator.extension import patching

LONGEST_S = 60.0
_SETTINGS = (
    "disabled_optimizers = 'type_pushdown'",  # stock ministack's: the CSV reader's TRY_CAST is strict with it
    "threads = 1",
    "memory_limit = '512MB'",
    "temp_directory = ''",
    "python_enable_replacements = false",  # a name in FROM is no variable of this process
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
)


def problem_with(sql: str) -> str:
    """Why a statement is not run; empty when it is. The engine's own parser judges it."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error:
        return "the statement cannot be read"
    if len(statements) != 1:
        return "one statement at a time"
    if statements[0].type != duckdb.StatementType.SELECT:
        return "only SELECT"
    return ""


def run_select(sql: str, folders: Sequence[str]) -> dict[str, Any]:
    """The statement's rows, columns and Athena's types for them. No file but those in ``folders`` is within reach.

    Raises:
        duckdb.Error: the statement is wrong, reaches for something else, or ran for longer than ``LONGEST_S``.
    """
    with duckdb.connect(":memory:") as connection:
        for setting in _bounds(folders):
            connection.execute(f"SET {setting}")
        stop = threading.Timer(LONGEST_S, connection.interrupt)
        stop.start()
        try:
            result = connection.execute(sql)
            described, rows = result.description or [], result.fetchall()
        finally:
            stop.cancel()
    types = patching.service("athena")._DUCKDB_TYPE_MAP
    return {
        "columns": [column[0] for column in described],
        "column_types": [types.get(str(column[1]).upper().split("(")[0].strip(), "varchar") for column in described],
        "rows": [list(row) for row in rows],
    }


def _bounds(folders: Sequence[str]) -> Iterator[str]:
    yield from _SETTINGS
    quoted = ", ".join("'" + f"{folder}/".replace("'", "''") + "'" for folder in folders)
    yield f"allowed_directories = [{quoted}]"
    yield "enable_external_access = false"
    yield "lock_configuration = true"


def _run(_original: patching.AnyFunction) -> patching.AnyFunction:
    async def run_duckdb(query: str, database: str, catalog: str | None = None) -> dict[str, Any]:
        athena = patching.service("athena")
        sql, s3_tables, folders = await athena._rewrite_data_paths(query, database, catalog)
        try:
            if s3_tables:
                raise PermissionError("S3 tables are out of reach here")
            return await asyncio.to_thread(run_select, sql, folders)
        finally:
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

    return run_duckdb


def _refuse_others(original: patching.AnyFunction) -> patching.AnyFunction:
    def start_query_execution(data: dict[str, Any]) -> Any:
        problem = problem_with(str(data.get("QueryString", "")))
        if problem:
            answer = patching.service("athena").error_response_json
            return answer("AccessDeniedException", f"Access denied: {problem}", 400)
        return original(data)

    return start_query_execution


def install() -> None:
    """Bound every query."""
    athena = patching.service("athena")
    patching.require(athena, "_rewrite_data_paths", "query database catalog")
    patching.require_attribute(athena, "_DUCKDB_TYPE_MAP", dict)
    patching.replace(athena, "_run_duckdb", "query database catalog", _run)
    patching.replace(athena, "_start_query_execution", "data", _refuse_others)
