"""Asking every question in three ways, and holding the times and bytes against their bars."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tests.bench.lake import ceiling, statements
from tests.bench.lake.ceiling import Ceiling, Translated
from tests.bench.lake.questions import Asking
from tests.bench.lake.rows import alike
from tests.bench.lake.statements import Request, Run
from tests.bench.lake.telling import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from analytics.domain.datasets import Dataset
    from tests.bench.lake.generator import WrittenSchool
    from tests.bench.lake.hot_table import Paged

OF_CEILING, OF_FILES = 2.0, 1.2
TIMES = 9
SETTLE_S = 0.05  # the emulator puts away one query's engine and opens the next one's when the answer is out


class _Timed(Protocol):
    @property
    def seconds(self) -> float: ...


Some = TypeVar("Some", bound=_Timed)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's figures: its statements through Athena's API, and by DuckDB straight on the files.

    ``start_s``: what a statement that reads nothing took as often, in the same moments.
    """

    question: Asking
    product_s: float
    start_s: float
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

    def figures(self) -> dict[str, Any]:
        """What is printed of it."""
        return {
            "athena_ms": round(1000 * self.athena_s),
            "duckdb_ms": round(1000 * self.duckdb_s),
            "start_up_ms": round(1000 * self.start_s),
            "allowed_ms": round(1000 * self.allowed_s),
            "product_ms": round(1000 * self.product_s),
            "scanned_bytes": self.scanned_bytes,
            "files_bytes": self.size,
            "files": self.files,
            "rows": sum(len(run.rows) for run in self.runs),
        }

    @property
    def allowed_s(self) -> float:
        """Twice the ceiling, and the start-up of each statement."""
        return OF_CEILING * self.duckdb_s + self.start_s


def ask(
    questions: Iterable[Asking],
    written: WrittenSchool,
    folder: Path,
    hot: Mapping[Dataset, Paged],
    *,
    times: int = TIMES,
) -> dict[str, Any]:
    """Ask everything of the school in scope, ``times`` over; the figures, and which bars were ``met``."""
    statements.run(statements.select_one())  # the first query of a process signs in
    answers, figures = [], {}
    named = ("athena", "duckdb", "start-up", "allowed", "product", "table")
    say(f"{'':<40} {' '.join(f'{name:>8}' for name in named)} {'read':>10} {'files':>6}")
    for question in questions:
        answer = _answer(question, written, folder, times)
        answers.append(answer)
        paged = hot.get(question.hot) if question.hot else None
        figures[question.name] = answer.figures() | {"table_ms": round(1000 * paged.seconds) if paged else None}
        say(_line(question.name, figures[question.name]))
    return {
        "duckdb_start_up_ms": round(1000 * ceiling.start_up()),
        "questions": figures,
        **_judged(answers, written),
    }


def _line(name: str, told: Mapping[str, Any]) -> str:
    times = (told[which] for which in ("athena_ms", "duckdb_ms", "start_up_ms", "allowed_ms", "product_ms"))
    table = "-" if told["table_ms"] is None else f"{told['table_ms']} ms"
    shown = " ".join(f"{time_ms:>5} ms" for time_ms in times)
    return f"{name:<40} {shown} {table:>8} {told['scanned_bytes'] / 1e6:>7.2f} MB {told['files']:>6}"


def _judged(answers: Sequence[Answer], written: WrittenSchool) -> dict[str, Any]:
    slow = [one.question.name for one in answers if one.athena_s > one.allowed_s]
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


def _answer(question: Asking, written: WrittenSchool, folder: Path, times: int) -> Answer:
    months = [month for month in written.months if month.month in question.months]
    took = []
    for _ in range(times):
        with statements.recorded() as requests:
            began = time.perf_counter()
            question.ask()
            took.append(time.perf_counter() - began)
    measured = [_in_turns(request, ceiling.translated(request, months), folder, times) for request in requests]
    return Answer(
        question,
        product_s=statistics.median(took),
        start_s=sum(one.start_s for one in measured),
        runs=tuple(one.run for one in measured),
        ceilings=tuple(one.ceiling for one in measured),
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """The middle of a statement's runs, each kind by its own time."""

    start_s: float
    run: Run
    ceiling: Ceiling


def _in_turns(request: Request, translated: Translated, folder: Path, times: int) -> _Measured:
    """The start-up, the statement and its ceiling in turns: this machine is another one from second to second."""
    starts, runs, ceilings = [], [], []
    for _ in range(times):
        time.sleep(SETTLE_S)
        starts.append(statements.run(statements.select_one()).seconds)
        time.sleep(SETTLE_S)
        runs.append(statements.run(request))
        time.sleep(SETTLE_S)
        ceilings.append(translated.run(folder))
    return _Measured(statistics.median(starts), middle(runs), middle(ceilings))


def middle(found: Iterable[Some]) -> Some:
    """The run in the middle, by time."""
    runs = sorted(found, key=lambda one: one.seconds)
    return runs[len(runs) // 2]
