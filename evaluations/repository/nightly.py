"""How far a school's nightly consolidation has come.

SCHOOL#<id>#NIGHTLY  <run>   a run is named by its night's local date, or by the instant when a person started it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Transaction, version_is


@dataclass(frozen=True)
class Progress:
    """One run: how many (term, section) places were ``visited`` of how many, and what that brought.

    ``position`` is the last place done. ``attempting`` was begun ``attempts`` times and not finished: a process that
    was killed there left it so. ``failed`` are places that were given up, named ``<term>/<section>``.
    """

    run_id: str
    full: bool
    started_at: datetime
    updated_at: datetime
    version: int = 1
    position: str = ""
    total: int = 0
    visited: int = 0
    consolidated: int = 0
    grades_written: int = 0
    attempting: str = ""
    attempts: int = 0
    failed: tuple[str, ...] = ()
    finished_at: datetime | None = None


def get_progress(run_id: str) -> Progress | None:
    """A run of the school in scope, ``None`` when it has not begun. Strongly consistent."""
    found = table.get_item(_key(run_id))
    return from_attributes(Progress, found) if found else None


def list_progress(*, limit: int) -> list[Progress]:
    """The school's last runs by name, the last first. Strongly consistent."""
    query = table.Query(school_partition("NIGHTLY"), descending=True, consistent=True, limit=limit)
    return [from_attributes(Progress, item) for item in table.query_page(query).items]


def start(run_id: str, *, full: bool) -> Progress:
    """Put a new run.

    Raises:
        ConditionFailedError: somebody else has just begun it.
    """
    now = clock.now()
    return _put(Progress(run_id=run_id, full=full, started_at=now, updated_at=now), replaces=None)


def save(progress: Progress) -> Progress:
    """Replace the version that ``progress`` was made from by its next.

    Raises:
        ConditionFailedError: somebody else works on this run and was faster.
    """
    return _put(replace(progress, version=progress.version + 1, updated_at=clock.now()), replaces=progress.version)


def _put(progress: Progress, *, replaces: int | None) -> Progress:
    transaction = Transaction()
    item = {**_key(progress.run_id).as_attributes(), "entity": "nightly_progress", **to_attributes(progress)}
    transaction.put(item, version_is(replaces) if replaces else NOT_THERE)
    transaction.commit()
    return progress


def _key(run_id: str) -> Key:
    return Key(school_partition("NIGHTLY"), run_id)
