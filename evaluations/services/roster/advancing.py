"""An import's next step, whatever it is at; any process may take it, after any crash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository as jobs
from edu.jobs import steps
from edu.jobs.domain import JobKind
from edu.jobs.errors import JobMovedError
from edu.jobs.steps import Units
from edu.schools import list_schools
from edu.tenancy import enter_school
from evaluations.domain.roster_imports import ImportState, RosterImport
from evaluations.repository import roster_imports
from evaluations.services.roster import applying, undoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# No part of an import is given up: half of a roster would be worse than an import that waits for a person.
KIND = JobKind("roster_import", max_attempts=None)
CHUNKS_PER_STEP = 25
_STALLED_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Progress:
    """An import after a step: ``done`` of the ``total`` parts of its plan. ``more``: there is something to do at once.

    ``more`` is false too when another worker is at it.
    """

    record: RosterImport
    done: int
    total: int
    more: bool = False


def advance_import(*, import_id: str, limit: int = CHUNKS_PER_STEP) -> Progress:
    """Take an import's next step: up to ``limit`` parts of its plan.

    Idempotent; two workers do no harm, the slower one stops.

    Raises:
        ImportNotFoundError: the school has no such import.
        StoreUnavailableError: the table is busy; take the step again.
        RosterChangedError: see there.
    """
    record = roster_imports.get_import(import_id)
    try:
        return _advance(record, limit)
    except JobMovedError:
        return Progress(roster_imports.get_import(import_id), 0, record.chunks)


def stalled_imports() -> Iterator[tuple[str, str]]:
    """The school and id of every import that was begun and that nobody has moved for five minutes.

    One read for each registered school, and two more where an import is being written.
    """
    for school in list_schools():
        with enter_school(school.school_id):
            import_id = roster_imports.get_head().running
            if import_id and _last_moved_at(import_id) < clock.now() - _STALLED_AFTER:
                yield school.school_id, import_id


def _last_moved_at(import_id: str) -> datetime:
    record = roster_imports.get_import(import_id)
    job = jobs.find_job(KIND.name, _job_of(record))
    return max(record.updated_at, job.updated_at) if job else record.updated_at


def _advance(record: RosterImport, limit: int) -> Progress:
    if not record.is_running:
        has_ended = record.state in {ImportState.APPLIED, ImportState.UNDONE}
        return Progress(record, record.chunks if has_ended else 0, record.chunks)
    if not record.verified:
        record = applying.verify(record)
        return Progress(record, 0, record.chunks, more=record.is_running)
    if record.state is ImportState.UNDOING:
        return _work(record, _undo, limit, ImportState.UNDONE)
    return _work(record, _write, limit, ImportState.APPLIED)


def _work(
    record: RosterImport, work: Callable[[RosterImport, str], dict[str, int]], limit: int, end: ImportState
) -> Progress:
    units = Units([f"{number:06d}" for number in range(record.chunks)], partial(work, record))
    step = steps.take_step(KIND, _job_of(record), lambda _job: units, limit=limit)
    if step.job.finished_at is not None:
        record = applying.finish(record, record.moved(end, clock.now(), kept=step.job.counts.get("kept", 0)))
    return Progress(record, step.job.done, record.chunks, more=step.more)


def _job_of(record: RosterImport) -> str:
    return f"{record.import_id}-undo" if record.state is ImportState.UNDOING else record.import_id


def _write(record: RosterImport, unit: str) -> dict[str, int]:
    return applying.write_chunk(record.import_id, int(unit))


def _undo(record: RosterImport, unit: str) -> dict[str, int]:
    """The parts backwards: who names another was written after it, and goes before it."""
    return undoing.undo_chunk(record.import_id, record.chunks - 1 - int(unit))
