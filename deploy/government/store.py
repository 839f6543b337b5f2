"""What the simulated government remembers, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from deploy.government.grades import Decide, Held

_VERSION = 2
_SCHEMA = """
CREATE TABLE batches (
    batch_id TEXT PRIMARY KEY, body BLOB NOT NULL, results TEXT NOT NULL, school_id TEXT, term_id TEXT,
    ticket TEXT UNIQUE, received_at REAL, questions INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE grades (
    position INTEGER PRIMARY KEY, term_id TEXT, school_id TEXT, evaluation_id TEXT, student_id TEXT, course_id TEXT,
    version INTEGER, state TEXT, value TEXT, UNIQUE (term_id, school_id, evaluation_id, student_id)
);
CREATE INDEX grades_in_order ON grades (term_id, school_id, position);
CREATE TABLE requests (
    position INTEGER PRIMARY KEY, at_ns INTEGER, operation TEXT, batch_id TEXT, school_id TEXT, connection INTEGER,
    status INTEGER, effect INTEGER, let_in INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE effects (
    request INTEGER, batch_id TEXT, school_id TEXT, term_id TEXT, evaluation_id TEXT, student_id TEXT, version INTEGER
);
"""
_TABLES = ("batches", "grades", "requests", "effects")
GRADE_FIELDS = ("evaluation_id", "student_id", "course_id", "version", "state", "value")
_KEPT = "batch_id, school_id, term_id, ticket, results, received_at, questions, told"
_EFFECT_FIELDS = ("school_id", "term_id", "evaluation_id", "student_id", "version")


class KeyReusedError(Exception):
    """The batch id came before with other content."""


@dataclass(frozen=True)
class KeptBatch:
    """A batch it received: what it decided, since when it has it, how often it was asked, and whether it told."""

    batch_id: str
    school_id: str
    term_id: str
    ticket: str
    results: list[dict[str, Any]]
    received_at: float
    questions: int
    told: bool


class Store:
    """Batches by id, the grades held, the log of requests and of effects. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; one that an older simulator left is begun anew."""
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        with self._lock:
            # a simulator's file may be lost with its machine: it need not wait for the disk at each request
            self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
            if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in _TABLES)
                self._db.executescript(f"{dropped}{_SCHEMA}PRAGMA user_version = {_VERSION};")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        """Forget everything: batches, grades and the logs."""
        with self._lock, self._db:
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables

    def find_batch(self, *, batch_id: str = "", ticket: str = "") -> KeptBatch | None:
        """A batch by its id or its ticket, or ``None`` when it never came."""
        with self._lock:
            named = (batch_id, ticket)
            row = self._db.execute("SELECT batch_id FROM batches WHERE batch_id = ? OR ticket = ?", named).fetchone()
            return self._kept(row["batch_id"]) if row else None

    def note_question(self, batch_id: str) -> None:
        """It was asked about once more."""
        self._write("UPDATE batches SET questions = questions + 1 WHERE batch_id = ?", (batch_id,))

    def note_told(self, batch_id: str) -> None:
        """Its decision is known to whoever sent it: it does not become undecided again."""
        self._write("UPDATE batches SET told = 1 WHERE batch_id = ?", (batch_id,))

    def take_batch(
        self,
        batch_id: str,
        body: bytes,
        content: Mapping[str, Any],
        decide: Decide,
        *,
        request: int,
        at: float,
        honour_key: bool,
    ) -> tuple[KeptBatch, bool]:
        """Decide on each grade and keep those taken; the batch, and whether that happened or it was known.

        ``decide``: from a grade and what is held for its student and evaluation. ``at``: now, in seconds of the
        government's clock. Without ``honour_key`` a known batch is decided on and applied again.

        Raises:
            KeyReusedError: the id stands for other content.
        """
        with self._lock, self._db:
            row = self._db.execute("SELECT body FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()
            if row is not None and row["body"] != body:
                raise KeyReusedError
            if row is not None and honour_key:
                return self._kept(batch_id), False
            place = (content["school_id"], content["term_id"])
            results = [self._decide(place, batch_id, request, grade, decide) for grade in content["grades"]]
            self._db.execute(
                "INSERT INTO batches (batch_id, body, results, school_id, term_id, ticket, received_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (batch_id) DO UPDATE SET results = excluded.results",
                (batch_id, body, json.dumps(results), *place, f"t-{request}", at),
            )
            return self._kept(batch_id), True

    def list_grades(
        self, term_id: str, school_id: str, *, after: int, limit: int, again: int = 0
    ) -> tuple[list[Held], int]:
        """Up to ``limit`` grades held after a position, and the position of the last (0: there are no more).

        Before them come the ``again`` last ones up to that position.
        """
        fields = ", ".join(("position", *GRADE_FIELDS))
        chosen = f"SELECT {fields} FROM grades WHERE term_id = ? AND school_id = ?"  # noqa: S608 - our own column names
        with self._lock:
            rows = self._db.execute(
                f"{chosen} AND position > ? ORDER BY position LIMIT ?", (term_id, school_id, after, limit + 1)
            ).fetchall()
            before = self._db.execute(
                f"{chosen} AND position <= ? ORDER BY position DESC LIMIT ?", (term_id, school_id, after, again)
            ).fetchall()
        grades = [{name: row[name] for name in GRADE_FIELDS} for row in (*reversed(before), *rows[:limit])]
        return grades, rows[limit - 1]["position"] if len(rows) > limit else 0

    def list_all(self, term_id: str, school_id: str) -> list[dict[str, Any]]:
        """Every grade held, with its school and term; of one term or school only, unless that is empty."""
        fields = ", ".join(("school_id", "term_id", *GRADE_FIELDS))
        with self._lock:
            rows = self._db.execute(
                f"SELECT {fields} FROM grades WHERE ? IN ('', term_id) AND ? IN ('', school_id)"  # noqa: S608 - ours
                " ORDER BY position",
                (term_id, school_id),
            ).fetchall()
        return [dict(row) for row in rows]

    def log(self, at_ns: int, operation: str, batch_id: str, school_id: str, connection: int) -> int:
        """Note a request as it arrives; returns its position in the log."""
        return self._write(
            "INSERT INTO requests (at_ns, operation, batch_id, school_id, connection) VALUES (?, ?, ?, ?, ?)",
            (at_ns, operation, batch_id, school_id, connection),
        )

    def log_let_in(self, position: int) -> None:
        """Note that a request was within the limit."""
        self._write("UPDATE requests SET let_in = 1 WHERE position = ?", (position,))

    def log_outcome(self, position: int, status: int, *, effect: bool) -> None:
        """Note how a request ended (status 0: without an answer) and whether a batch took effect by it."""
        self._write(
            "UPDATE requests SET status = ?, effect = MAX(COALESCE(effect, 0), ?) WHERE position = ?",
            (status, effect, position),
        )

    def log_effect(self, position: int) -> None:
        """Note that a batch took effect by a request, after its answer."""
        self._write("UPDATE requests SET effect = 1 WHERE position = ?", (position,))

    def list_requests(self) -> list[dict[str, Any]]:
        """The log, in order of arrival."""
        with self._lock:
            rows: Iterable[sqlite3.Row] = self._db.execute("SELECT * FROM requests ORDER BY position").fetchall()
        return [dict(row) for row in rows]

    def list_effects(self, *, more_than: int = 0) -> list[dict[str, Any]]:
        """Each grade at each version that was applied more than so often: how often, and by which requests."""
        named = ", ".join(_EFFECT_FIELDS)
        with self._lock:
            rows = self._db.execute(
                f"SELECT {named}, COUNT(*) AS times, GROUP_CONCAT(request) AS requests"  # noqa: S608 - our own names
                f" FROM effects GROUP BY {named} HAVING times > ?",
                (more_than,),
            ).fetchall()
        return [{**dict(row), "requests": [int(n) for n in row["requests"].split(",")]} for row in rows]

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        with self._lock, self._db:
            return int(self._db.execute(statement, values).lastrowid or 0)

    def _kept(self, batch_id: str) -> KeptBatch:
        row = self._db.execute(f"SELECT {_KEPT} FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()  # noqa: S608
        return KeptBatch(**{**row, "results": json.loads(row["results"]), "told": bool(row["told"])})

    def _decide(
        self,
        place: tuple[str, str],
        batch_id: str,
        request: int,
        grade: Mapping[str, Any],
        decide: Decide,
    ) -> dict[str, str | int]:
        held = self._db.execute(
            "SELECT * FROM grades WHERE school_id = ? AND term_id = ? AND evaluation_id = ? AND student_id = ?",
            (*place, grade["evaluation_id"], grade["student_id"]),
        ).fetchone()
        decision = decide(grade, dict(held) if held else None)
        named = {name: grade[name] for name in ("evaluation_id", "student_id", "version")}
        if decision.reason:
            return {**named, "status": "rejected", "reason": decision.reason}
        if decision.kept:
            self._apply((request, batch_id, *place), grade)
        return {**named, "status": "accepted"}

    def _apply(self, by: tuple[int, str, str, str], grade: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO grades (school_id, term_id, evaluation_id, student_id, course_id, version, state, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (term_id, school_id, evaluation_id, student_id)"
            " DO UPDATE SET course_id = excluded.course_id, version = excluded.version, state = excluded.state,"
            " value = excluded.value",
            (*by[2:], *(grade.get(name) for name in GRADE_FIELDS)),
        )
        self._db.execute(
            "INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*by, grade["evaluation_id"], grade["student_id"], grade["version"]),
        )
