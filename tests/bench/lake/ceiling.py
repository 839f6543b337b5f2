"""The same statements by DuckDB straight on the same files: how fast it could be without a cloud around it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from deploy.emulator.extension import query_statement
from deploy.emulator.extension.query_results import _text
from tests.bench.lake.statements import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.emulator.extension.query_statement import Reference
    from tests.bench.lake.generator import WrittenMonth
    from tests.bench.lake.statements import Request

_PATH = query_statement.PATH
_TYPES = "{'year': INTEGER, 'month': INTEGER, 'school': VARCHAR}"
# what Athena's words mean, and that files of several schema versions are read by their columns' names
_SETTINGS = "SET TimeZone = 'UTC'; SET integer_division = true"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One run of a statement, without opening DuckDB; the files that it reads, and their bytes.

    A file that the statement reads twice counts twice, as with Athena.
    """

    seconds: float
    keys: tuple[str, ...]
    size: int
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Translated:
    """A statement in DuckDB's words, and the files behind each place where it reads a table."""

    sql: str = ""
    files: dict[str, list[str]] = field(default_factory=dict)

    def run(self, folder: Path) -> Ceiling:
        """Run it over its files in ``folder``."""
        with duckdb.connect(":memory:") as connection:
            connection.execute("SELECT 1").fetchall()
            began = time.perf_counter()
            connection.execute(_SETTINGS)
            for name, found in self.files.items():
                connection.execute(_view(name, found, folder))
            rows = connection.execute(self.sql).fetchall()
            seconds = time.perf_counter() - began
        keys = tuple(key for found in self.files.values() for key in found)
        size = sum((folder / key).stat().st_size for key in keys)
        texts = tuple(tuple("" if value is None else _text(value) for value in row) for row in rows)
        return Ceiling(seconds, keys, size, texts)


def start_up(times: int = 5) -> float:
    """How many seconds it takes to open DuckDB and to have it answer."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with duckdb.connect(":memory:") as connection:
            connection.execute("SELECT 1").fetchall()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def translated(request: Request, months: Sequence[WrittenMonth]) -> Translated:
    """A statement over the files that it names, or else over those of the school's ``months``."""
    statement = query_statement.read(request["QueryString"], request.get("ExecutionParameters") or [])
    found = Translated()
    for number, reference in enumerate(query_statement.references(statement, "lake")):
        name = f"lake_{number}"
        there = [key for month in months if month.dataset.value == reference.name for key in month.keys]
        found.files[name] = _named(reference, there)
        if not reference.node.alias:
            reference.node.set("alias", exp.TableAlias(this=exp.to_identifier(reference.name)))
        reference.node.set("this", exp.to_identifier(name))
    found.sql = query_statement.in_the_engines_words(statement)
    return found


def _named(reference: Reference, there: list[str]) -> list[str]:
    """The keys whose addresses a reference's WHERE names, which then has said it; all of them if it names none."""
    for conjunct in reference.conjuncts():
        if isinstance(conjunct, exp.In) and conjunct.this.name == _PATH:
            addresses = {literal.name for literal in conjunct.expressions}
            conjunct.replace(exp.true())
            return [address.split("/", 3)[3] for address in sorted(addresses) if "/" in address]
    return there


def _view(name: str, keys: Sequence[str], folder: Path) -> str:
    files = ", ".join(f"'{folder / key}'" for key in keys)
    reader = f"read_parquet([{files}], union_by_name = true, hive_partitioning = true, hive_types = {_TYPES})"
    return f"CREATE TEMP VIEW {name} AS SELECT * FROM {reader}"
