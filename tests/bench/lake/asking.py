"""Asking every question in three ways, and holding the times and bytes against their bars."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.bench.lake import ceiling, statements
from tests.bench.lake.ceiling import Ceiling
from tests.bench.lake.questions import Asking
from tests.bench.lake.rows import alike
from tests.bench.lake.statements import Run
from tests.bench.lake.telling import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from analytics.domain.datasets import Dataset
    from tests.bench.lake.generator import WrittenSchool
    from tests.bench.lake.hot_table import Paged

OF_CEILING, OF_FILES = 2.0, 1.2
TIMES = 3
_STARTS = 5


@dataclass(frozen=True, slots=True)
class StartUp:
    """What the engines take for a statement that reads nothing, in seconds."""

    athena_s: float
    duckdb_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's figures: its statements through Athena's API, and by DuckDB straight on the files."""

    question: Asking
    product_s: float
    runs: tuple[Run, ...]
    ceilings: tuple[Ceiling, ...]

    @property
    def athena_s(self) -> float:
        """What its statements took together, in seconds."""
        return sum(run.seconds for run in self.runs)

    @property
    def duckdb_s(self) -> float:
        """The same by DuckDB."""
        return sum(found.seconds for found in self.ceilings)

    @property
    def scanned_bytes(self) -> int:
        """What Athena says it read."""
        return sum(run.scanned_bytes for run in self.runs)

    @property
    def files(self) -> int:
        """How many objects its statements name."""
        return sum(len(found.keys) for found in self.ceilings)

    @property
    def is_same(self) -> bool:
        """Whether both engines answered the same, as far as Athena's first page goes."""
        pairs = zip(self.runs, self.ceilings, strict=True)
        return all(alike(run.rows, found.rows) for run, found in pairs if run.is_whole)

    def strays(self, written: WrittenSchool) -> bool:
        """Whether it reads an object of another school or month than the one it is about."""
        own = {key for month in written.months if month.month in self.question.months for key in month.keys}
        return bool(self.question.months) and not {key for found in self.ceilings for key in found.keys} <= own

    @property
    def size(self) -> int:
        """Their bytes."""
        return sum(found.size for found in self.ceilings)

    def figures(self, start: StartUp) -> dict[str, Any]:
        """What is printed of it."""
        return {
            "athena_ms": round(1000 * self.athena_s),
            "duckdb_ms": round(1000 * self.duckdb_s),
            "allowed_ms": round(1000 * self.allowed_s(start)),
            "product_ms": round(1000 * self.product_s),
            "scanned_bytes": self.scanned_bytes,
            "files_bytes": self.size,
            "files": self.files,
            "rows": sum(len(run.rows) for run in self.runs),
        }

    def allowed_s(self, start: StartUp) -> float:
        """Twice the ceiling, and the start-up of each statement."""
        return OF_CEILING * self.duckdb_s + start.athena_s * len(self.runs)


def ask(
    questions: Iterable[Asking],
    written: WrittenSchool,
    folder: Path,
    hot: Mapping[Dataset, Paged],
    *,
    times: int = TIMES,
) -> dict[str, Any]:
    """Ask everything of the school in scope, ``times`` over; the figures, and which bars were ``met``."""
    start, answers, figures = _start_up(), [], {}
    say(f"{'':<40} {'athena':>8} {'duckdb':>8} {'allowed':>8} {'product':>8} {'table':>8} {'read':>10} {'files':>6}")
    for question in questions:
        answer = _answer(question, written, folder, times)
        answers.append(answer)
        paged = hot.get(question.hot) if question.hot else None
        figures[question.name] = answer.figures(start) | {"table_ms": round(1000 * paged.seconds) if paged else None}
        say(_line(question.name, figures[question.name]))
    return {
        "start_up_ms": {"athena": round(1000 * start.athena_s), "duckdb": round(1000 * start.duckdb_s)},
        "questions": figures,
        **_judged(answers, start, written),
    }


def _line(name: str, told: Mapping[str, Any]) -> str:
    times = (told[which] for which in ("athena_ms", "duckdb_ms", "allowed_ms", "product_ms"))
    table = "-" if told["table_ms"] is None else f"{told['table_ms']} ms"
    shown = " ".join(f"{time_ms:>5} ms" for time_ms in times)
    return f"{name:<40} {shown} {table:>8} {told['scanned_bytes'] / 1e6:>7.2f} MB {told['files']:>6}"


def _judged(answers: Sequence[Answer], start: StartUp, written: WrittenSchool) -> dict[str, Any]:
    slow = [one.question.name for one in answers if one.athena_s > one.allowed_s(start)]
    wide = [one.question.name for one in answers if one.scanned_bytes > OF_FILES * one.size]
    different = [one.question.name for one in answers if not one.is_same]
    strays = [one.question.name for one in answers if one.strays(written)]
    met = {
        f"each within {OF_CEILING:g} x of DuckDB and the start-up": not slow,
        f"bytes read at most {OF_FILES:g} x the files'": not wide,
        "Athena and DuckDB answer the same": not different,
        "a month's question reads that school's month alone": not strays,
    }
    return {"slow": slow, "wide": wide, "strays": strays, "different": different, "met": met}


def _start_up() -> StartUp:
    statements.run(statements.select_one())  # the first query of a process signs in
    runs = [statements.run(statements.select_one()).seconds for _ in range(_STARTS)]
    start = StartUp(statistics.median(runs), ceiling.start_up())
    athena, duckdb = (1000 * seconds for seconds in (start.athena_s, start.duckdb_s))
    say(f"start-up: SELECT 1 takes {athena:.0f} ms through Athena's API, {duckdb:.0f} ms with a new DuckDB")
    return start


def _answer(question: Asking, written: WrittenSchool, folder: Path, times: int) -> Answer:
    months = [month for month in written.months if month.month in question.months]
    took = []
    for _ in range(times):
        with statements.recorded() as requests:
            began = time.perf_counter()
            question.ask()
            took.append(time.perf_counter() - began)
    runs = tuple(statements.median_run(request, times) for request in requests)
    ceilings = tuple(ceiling.ceiling_of(request, months, folder, times) for request in requests)
    return Answer(question, statistics.median(took), runs, ceilings)
