"""What the simulated government remembers, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from deploy.government.grades import refusal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (batch_id TEXT PRIMARY KEY, body BLOB NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS grades (
    position INTEGER PRIMARY KEY, term_id TEXT, school_id TEXT, evaluation_id TEXT, student_id TEXT, course_id TEXT,
    version INTEGER, state TEXT, value TEXT, UNIQUE (term_id, school_id, evaluation_id, student_id)
);
CREATE TABLE IF NOT EXISTS requests (
    position INTEGER PRIMARY KEY, at_ns INTEGER, operation TEXT, batch_id TEXT, status INTEGER, effect INTEGER
);
"""
_FIELDS = ("evaluation_id", "student_id", "course_id", "version", "state", "value")
_COLUMNS = ", ".join(_FIELDS)


class KeyReusedError(Exception):
    """The batch id came before with other content."""


class Store:
    """Batches by id, the grades held, and the log of requests. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        with self._lock, self._db:
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        """Forget everything: batches, grades and the log."""
        with self._lock, self._db:
            for table in ("batches", "grades", "requests"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables

    def find_answer(self, batch_id: str) -> dict[str, Any] | None:
        """What was answered to a batch, or ``None`` when it never came."""
        with self._lock:
            row = self._db.execute("SELECT answer FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()
        answer: dict[str, Any] | None = json.loads(row["answer"]) if row else None
        return answer

    def take_batch(
        self, batch_id: str, body: bytes, content: Mapping[str, Any], refused: Mapping[str, str]
    ) -> tuple[dict[str, Any], bool]:
        """Decide on each grade and keep those taken, once for each batch id; the answer, and whether it is a replay.

        Raises:
            KeyReusedError: the id stands for other content.
        """
        with self._lock, self._db:
            row = self._db.execute("SELECT body, answer FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()
            if row is not None:
                if row["body"] != body:
                    raise KeyReusedError
                return json.loads(row["answer"]), True
            place = (content["term_id"], content["school_id"])
            answer = {
                "batch_id": batch_id,
                "results": [self._decide(place, grade, refused) for grade in content["grades"]],
            }
            self._db.execute("INSERT INTO batches VALUES (?, ?, ?)", (batch_id, body, json.dumps(answer)))
            return answer, False

    def list_grades(self, term_id: str, school_id: str, *, after: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Up to ``limit`` grades held after a position, and the position of the last (0: there are no more)."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT position, {_COLUMNS} FROM grades"  # noqa: S608 - our own column names
                " WHERE term_id = ? AND school_id = ? AND position > ? ORDER BY position LIMIT ?",
                (term_id, school_id, after, limit + 1),
            ).fetchall()
        grades = [{name: row[name] for name in _FIELDS} for row in rows[:limit]]
        return grades, rows[limit - 1]["position"] if len(rows) > limit else 0

    def log(self, at_ns: int, operation: str, batch_id: str) -> int:
        """Note a request as it arrives; returns its position in the log."""
        with self._lock, self._db:
            row = (at_ns, operation, batch_id)
            cursor = self._db.execute("INSERT INTO requests (at_ns, operation, batch_id) VALUES (?, ?, ?)", row)
            return int(cursor.lastrowid or 0)

    def log_outcome(self, position: int, status: int, *, effect: bool) -> None:
        """Note how a request ended (status 0: without an answer) and whether a batch took effect by it."""
        with self._lock, self._db:
            row = (status, effect, position)
            self._db.execute("UPDATE requests SET status = ?, effect = ? WHERE position = ?", row)

    def list_requests(self) -> list[dict[str, Any]]:
        """The log, in order of arrival."""
        with self._lock:
            rows: Iterable[sqlite3.Row] = self._db.execute("SELECT * FROM requests ORDER BY position").fetchall()
        return [dict(row) for row in rows]

    def _decide(
        self, place: tuple[str, str], grade: Mapping[str, Any], refused: Mapping[str, str]
    ) -> dict[str, str | int]:
        named = (*place, grade["evaluation_id"], grade["student_id"])
        held = self._db.execute(
            "SELECT * FROM grades WHERE term_id = ? AND school_id = ? AND evaluation_id = ? AND student_id = ?", named
        ).fetchone()
        result = {name: grade[name] for name in ("evaluation_id", "student_id", "version")}
        if reason := refusal_of(grade, held, refused):
            return {**result, "status": "rejected", "reason": reason}
        self._db.execute(
            "INSERT INTO grades (term_id, school_id, evaluation_id, student_id, course_id, version, state, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (term_id, school_id, evaluation_id, student_id)"
            " DO UPDATE SET course_id = excluded.course_id, version = excluded.version, state = excluded.state,"
            " value = excluded.value",
            (*named, grade["course_id"], grade["version"], grade["state"], grade["value"]),
        )
        return {**result, "status": "accepted"}
