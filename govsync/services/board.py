"""All open runs of all schools against their deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo.errors import AccessDeniedError
from edu.jobs import repository as jobs
from edu.logs import get_logger
from edu.tenancy import enter_school
from evaluations.services import list_pending_marks
from govsync.domain.batches import MAX_BATCH_GRADES
from govsync.domain.deadlines import Risk, Work, ends_at, risk_of
from govsync.domain.runs import SYNC
from govsync.repository import runs

if TYPE_CHECKING:
    from edu.jobs.domain import DueJob
    from govsync.domain.runs import SyncRun

_MAX_COUNTED = 100_000
_log = get_logger(__name__)


@dataclass(frozen=True)
class BoardLine:
    """An open run: what is left of it, when it is likely to end, and how that stands to its deadline."""

    school_id: str
    run_id: str
    state: str
    batches_left: int
    eta_at: datetime | None
    deadline_at: datetime
    risk: Risk
    reason: str


def list_board() -> list[BoardLine]:
    """Every open run, the most urgent first. One query of the due list, two calls a run in its own school's scope.

    In a process that may enter the platform's scope and every school's (worker, operator).
    """
    now = clock.now()
    found = [(entry, *_work_of(entry)) for entry in jobs.list_due(SYNC.name)]
    ends = ends_at([work for _entry, _run, work in found], now)
    lines = [_line_of(run, work, ends[work.school_id, work.run_id], now) for _entry, run, work in found]
    return sorted(lines, key=lambda line: (-list(Risk).index(line.risk), line.deadline_at, line.school_id, line.run_id))


def _work_of(entry: DueJob) -> tuple[SyncRun | None, Work]:
    """The run of a due entry, which may not have begun or cannot be read now, and what is left of it."""
    school_id, deadline_at = entry.school_id or "", entry.deadline_at or entry.due_at
    unread = None, Work(entry.job_id, school_id, deadline_at, batches_left=1)
    try:
        with enter_school(school_id):
            run = runs.find_run(entry.job_id)
            if run is None:
                return unread
            grades = len(list_pending_marks(term_id=run.term_id, limit=_MAX_COUNTED))
    except AccessDeniedError:
        raise
    except Exception as error:  # noqa: BLE001 - the others' deadlines are told all the same, and this one's by its time
        _log.exception("a run cannot be read", school_id=school_id, run_id=entry.job_id, error=type(error).__name__)
        return unread
    work = Work(
        run.run_id,
        school_id,
        run.deadline_at,
        batches_left=-(-grades // MAX_BATCH_GRADES),
        exchanges=run.exchanges,
        exchange_ms=run.exchange_ms,
        decided=run.batches - len(run.open_batches) - len(run.parked_batches),
    )
    return run, work


def _line_of(run: SyncRun | None, work: Work, ends: datetime, now: datetime) -> BoardLine:
    """A run that is parked has no estimate: it waits for a person."""
    waits = run is not None and bool(run.reason)
    return BoardLine(
        work.school_id,
        work.run_id,
        str(run.state) if run else "ordered",
        work.batches_left,
        None if waits else ends,
        work.deadline_at,
        risk_of(work.deadline_at, ends, now),
        run.reason if run else "",
    )
