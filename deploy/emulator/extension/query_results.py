"""A query's rows as Athena words them, and the pages in which they are handed out.

Stock ministack's first page has one row more than asked for (AWS counts the header), a token that is none begins again,
and a value is Python's word for it. Differences that stay: a double's text is Python's (``1e+16`` for ``1.0E16``).
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import duckdb
import msgspec

from deploy.emulator.extension import patching

LARGEST_PAGE = 1_000
_AWARE = "TIMESTAMP WITH TIME ZONE"
_JSONS_OWN = frozenset({"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "VARCHAR"})


def fetched(connection: duckdb.DuckDBPyConnection, select: duckdb.Statement) -> dict[str, Any]:
    """The rows of a SELECT, its columns' names, and Athena's types for them."""
    found: Any = connection.execute(select)
    kinds = [str(column[1]).upper() for column in found.description]
    names = [str(column[0]) for column in found.description]
    if _AWARE in kinds:  # in the engine's words, for Python's need a library
        shown = (
            f"strftime(#{n}, '%Y-%m-%d %H:%M:%S.%g UTC')" if k == _AWARE else f"#{n}" for n, k in enumerate(kinds, 1)
        )
        found.abort()
        found = connection.sql(select).project(", ".join(shown))
    return {
        "columns": names,
        "column_types": [_athenas(kind) for kind in kinds],
        "rows": _worded_rows(found.fetchall(), kinds),
    }


def _worded_rows(rows: Sequence[Sequence[Any]], kinds: Sequence[str]) -> list[list[Any]]:
    """What JSON has a word for stays; the rest is Athena's text, so that a restart keeps it as it was."""
    worded = [list(row) for row in rows]
    for place in [place for place, kind in enumerate(kinds) if kind not in _JSONS_OWN]:
        for row in worded:
            row[place] = _worded(row[place])
    return worded


def _athenas(kind: str) -> str:
    if kind == _AWARE:
        return "timestamp with time zone"
    if kind.endswith("]"):
        return "array"
    found: str = patching.service("athena")._DUCKDB_TYPE_MAP.get(kind.split("(", maxsplit=1)[0].strip(), "varchar")
    return found


def _worded(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            text = "null"
        case bool():
            text = "true" if value else "false"
        case datetime():
            text = value.isoformat(sep=" ", timespec="milliseconds")
        case list() | tuple():
            text = "[" + ", ".join(_text(one) for one in value) + "]"
        case dict():
            text = "{" + ", ".join(f"{_text(name)}={_text(one)}" for name, one in value.items()) + "}"
        case Decimal():
            text = f"{value:f}"
        case bytes():
            text = value.hex(" ")
        case _:
            text = str(value)
    return text


def _pages(original: patching.AnyFunction) -> patching.AnyFunction:
    def get_query_results(data: dict[str, Any]) -> Any:
        size, token = data.get("MaxResults", LARGEST_PAGE), data.get("NextToken")
        if problem := _problem_with(size, token):
            return patching.service("athena").error_response_json("InvalidRequestException", problem, 400)
        if token is None:
            return original({**data, "MaxResults": int(size) - 1})
        answer = original(data)
        return _without_header(answer) if int(token) == 0 else answer

    return get_query_results


def _problem_with(size: Any, token: Any) -> str:
    if not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        return f"MaxResults must be between 1 and {LARGEST_PAGE}"
    return "" if token is None or (str(token).isascii() and str(token).isdigit()) else "Invalid NextToken"


def _without_header(answer: Sequence[Any]) -> Any:
    """The second page of a first one that had room for the header alone."""
    status, headers, body = answer
    if status != HTTPStatus.OK:
        return answer
    found = json.loads(body)
    rows = found["ResultSet"]["Rows"]
    found["ResultSet"]["Rows"] = rows[1:]
    return status, headers, json.dumps(found).encode()


def _json_response(original: patching.AnyFunction) -> patching.AnyFunction:
    """The same answer by a faster encoder: a page has thousands of values."""

    def json_response(data: dict[str, Any], status: int = 200, **kinds: str) -> Any:
        _, headers, _ = original({}, status, **kinds)
        return status, headers, msgspec.json.encode(data)

    return json_response


def install() -> None:
    """Hand out pages as AWS does."""
    athena = patching.service("athena")
    patching.replace(athena, "json_response", "data status content_type", _json_response)
    patching.require_attribute(athena, "_DUCKDB_TYPE_MAP", dict)
    patching.replace(athena, "_get_query_results", "data", _pages)
