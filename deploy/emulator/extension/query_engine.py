"""Athena's engine kept to what a query may do: one SELECT, over the files that it names and its caller may read.

Stock ministack hands the statement to DuckDB as it is, in the emulator's own process and with the machine's files and
network before it: a path in FROM read any file, COPY wrote one, DROP TABLE took the shared catalogue's. DuckDB's own
bounds are set here before the statement is seen, and locked:
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import duckdb
from sqlglot import exp

from deploy.emulator.extension import patching, query_access, query_files, query_results, query_statement
from deploy.emulator.extension.query_files import QueryFolder
from deploy.emulator.extension.query_plan import Plan, QueryTooLargeError, planned
from deploy.emulator.extension.query_relation import Relation
from deploy.emulator.extension.query_results import fetched
from deploy.emulator.extension.query_statement import QueryRefusedError

LONGEST_S = 60.0
PARAMETERS, UNREADABLE = "ExecutionParameters", "the statement cannot be read"
_LONGEST_REASON = 2_000
_statements: dict[str, exp.Query] = {}  # those that were read when they were started, until they run
_SETTINGS = (
    "disabled_optimizers = 'type_pushdown'",  # stock ministack's: the CSV reader's TRY_CAST is strict with it
    "threads = 2",
    "memory_limit = '512MB'",
    "integer_division = true",  # Trino's: 7 / 2 is 3
    "TimeZone = 'UTC'",
    "parquet_metadata_cache = true",  # a footer is read once a query, for its columns and for its rows
    "temp_directory = ''",
    "python_enable_replacements = false",  # a name in FROM is no variable of this process
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
)


def problem_with(sql: str) -> str:
    """Why a statement is not run; empty when it is. The engine's own parser judges it."""
    try:
        return _problem_of(duckdb.extract_statements(sql))
    except duckdb.Error:
        return UNREADABLE


def _problem_of(statements: Sequence[duckdb.Statement]) -> str:
    if len(statements) != 1:
        return "one statement at a time"
    return "" if statements[0].type == duckdb.StatementType.SELECT else "only SELECT"


def run_select(sql: str, folders: Sequence[str], relations: Mapping[str, Relation] | None = None) -> dict[str, Any]:
    """The statement's rows, columns and Athena's types for them. No file but those in ``folders`` is within reach.

    ``relations`` are the tables by the names that stand for them in the statement. What the engine is given is judged
    once more, as it is given.

    Raises:
        duckdb.Error: the statement is wrong, reaches for something else, or ran for longer than ``LONGEST_S``.
        QueryRefusedError: it is no single SELECT.
    """
    connection = _connections.take()
    stop = threading.Timer(LONGEST_S, connection.interrupt)
    stop.start()
    try:
        for setting in _bounds(folders):
            connection.execute(f"SET {setting}")
        for name, relation in (relations or {}).items():
            sql = sql.replace(f'"{name}"', relation.sql(connection))
        statements = connection.extract_statements(sql)
        if problem := _problem_of(statements):
            raise QueryRefusedError(f"Access denied: {problem}")
        return fetched(connection, statements[0])
    finally:
        stop.cancel()
        _connections.give_up(connection)


class _Connections:
    """A database of its own for each query, opened before it is asked for: that takes ten times a small answer."""

    def __init__(self) -> None:
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="query-connections")
        self._spares: deque[Future[duckdb.DuckDBPyConnection]] = deque()

    def take(self) -> duckdb.DuckDBPyConnection:
        """An empty database that nobody has used, with its settings but for what a query's own bounds are."""
        try:
            return self._spares.popleft().result()
        except IndexError:
            return _opened()

    def give_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Close it and open another for a later query; nobody waits for either."""
        self._beside.submit(connection.close)
        if not self._spares:
            self._spares.append(self._beside.submit(_opened))


_connections = _Connections()


def _opened() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")
    return connection


def _bounds(folders: Sequence[str]) -> Iterator[str]:
    quoted = ", ".join("'" + f"{folder}/".replace("'", "''") + "'" for folder in folders)
    yield f"allowed_directories = [{quoted}]"
    yield "enable_external_access = false"
    yield "lock_configuration = true"


def _execute(_original: patching.AnyFunction) -> patching.AnyFunction:
    async def execute_query(
        query_id: str, query: str, database: str, _ddl: object, _catalog: str | None = None
    ) -> None:
        athena, statement = patching.service("athena"), _statements.pop(query_id, None)
        execution = athena._executions[query_id]
        status, began = execution["Status"], time.monotonic()
        if status["State"] != "QUEUED":  # stopped before it began
            return
        status["State"] = "RUNNING"
        try:
            results = await _results(execution, statement, query, database)
            if status["State"] != "RUNNING":  # stopped meanwhile
                return
            execution["_column_types"] = results.pop("column_types")
            execution["_results"] = results
            status["State"] = "SUCCEEDED"
            await athena._save_query_results(query_id)
        except QueryTooLargeError as error:
            execution["Statistics"]["DataScannedInBytes"] = error.bytes
            status.update(State="CANCELLED", StateChangeReason=str(error))
        except Exception as error:  # noqa: BLE001 - whatever ends a query is its reason, as AWS says it
            if status["State"] != "CANCELLED":
                status.update(State="FAILED", StateChangeReason=str(error)[:_LONGEST_REASON])
                execution["_error"] = str(error)
        finally:
            status["CompletionDateTime"] = int(time.time())
            passed_ms = int((time.monotonic() - began) * 1000)
            execution["Statistics"].update(EngineExecutionTimeInMillis=passed_ms, TotalExecutionTimeInMillis=passed_ms)

    return execute_query


async def _results(execution: dict[str, Any], statement: exp.Query | None, query: str, database: str) -> dict[str, Any]:
    """Plan and run. What S3 and Glue hold is read between two requests; the engine runs beside them."""
    if statement is None:
        statement = query_statement.read(query, execution.get(PARAMETERS) or [])
    with QueryFolder() as folder:
        largest_bytes = _largest_bytes(execution["WorkGroup"])
        plan = planned(statement, database, folder, query_access.may_read, largest_bytes=largest_bytes)
        execution["Statistics"]["DataScannedInBytes"] = plan.scanned_bytes
        try:
            return await asyncio.to_thread(run_select, plan.sql, [folder.path], plan.relations)
        except duckdb.Error as error:
            raise QueryRefusedError(_by_address(str(error), plan)) from error


def _by_address(reason: str, plan: Plan) -> str:
    """A reason as AWS words it, by the objects' addresses: the files here are this machine's and have numbers."""
    files = {file.path: file.object for relation in plan.relations.values() for file in relation.files}
    for path in sorted(files, key=len, reverse=True):
        reason = reason.replace(path, f"s3://{files[path].bucket}/{files[path].key}")
    return reason


def _largest_bytes(workgroup: str) -> int:
    found = patching.service("athena")._workgroups.get(workgroup) or {}
    return int((found.get("Configuration") or {}).get("BytesScannedCutoffPerQuery") or 0)


def _start(original: patching.AnyFunction) -> patching.AnyFunction:
    def start_query_execution(data: dict[str, Any]) -> Any:
        athena = patching.service("athena")
        sql = str(data.get("QueryString", ""))
        parameters = [str(parameter) for parameter in data.get(PARAMETERS) or []]
        statement = _read(sql, parameters)
        if statement is None and (problem := _problem_in(sql)):
            return athena.error_response_json("AccessDeniedException", f"Access denied: {problem}", 400)
        answer = original(data)
        if answer[0] == HTTPStatus.OK:
            execution = athena._executions[json.loads(answer[2])["QueryExecutionId"]]
            if parameters:
                execution[PARAMETERS] = parameters
            if statement and execution["Status"]["State"] == "QUEUED":  # not one that the request's token found again
                _statements[execution["QueryExecutionId"]] = statement
        return answer

    return start_query_execution


def _read(sql: str, parameters: Sequence[str]) -> exp.Query | None:
    """The statement, if it is one; what is wrong with its parameters is told when it runs, as on AWS."""
    try:
        return query_statement.read(sql, parameters)
    except QueryRefusedError:
        return None


def _problem_in(sql: str) -> str:
    """Why a statement is refused at once. What only Trino's words say is judged in the engine's, when it runs."""
    problem = problem_with(sql)
    if problem != UNREADABLE:
        return problem
    try:
        query_statement.read(sql)
    except QueryRefusedError:
        return problem
    return ""


def _parse_ddl(_original: patching.AnyFunction) -> patching.AnyFunction:
    def parse_ddl(query: str) -> None:
        """Nothing: what is started is a SELECT, and to look through it again takes as long as to read it."""

    return parse_ddl


def install() -> None:
    """Bound every query."""
    athena = patching.service("athena")
    patching.require(athena, "_table_relation", "table_data files")
    patching.require(athena, "_data_format", "table_data")
    patching.require(athena, "_save_query_results", "query_id")
    patching.require_attribute(athena, "_DUCKDB_TYPE_MAP", dict)
    patching.replace(athena, "_execute_query", "query_id query database ddl catalog", _execute)
    patching.replace(athena, "_start_query_execution", "data", _start)
    patching.replace(athena, "_parse_ddl", "query", _parse_ddl)
    query_files.install()
    query_results.install()
