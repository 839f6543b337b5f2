"""One turn of a run: its steps up to and with one request, and when it is to be looked at again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from structlog.contextvars import bind_contextvars

from edu import clock
from edu.errors import UnavailableError
from edu.jobs.domain import CONTINUE, StepEnd, StepResult
from edu.logs import get_logger, start_correlation
from edu.metrics import COUNT, embedded
from edu.tenancy import enter_school
from govsync.client import government
from govsync.domain.runs import parse_run_id
from govsync.services.line import Line

if TYPE_CHECKING:
    from edu.jobs.domain import DueJob
    from edu.jobs.keeping import KeptJobs
    from govsync.services.lanes import Lane
    from govsync.services.upstream import UpstreamWatch

# A turn that brings no request in so many steps ends; the run has another one.
MAX_STEPS = 10
AWAY_S = 2.0
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 5, 300
FAILURES_TO_ALARM = 5
_log = get_logger(__name__)


class Step(Protocol):
    """``govsync.services.advance_run``, or what a test takes for it."""

    def __call__(self, *, run_id: str, actor: str, line: Line) -> StepResult:
        """Take one step of a run of the school in scope."""


class Turns:
    """Takes turns of kept runs, and says on the due list what comes next."""

    def __init__(self, kept: KeptJobs, upstream: UpstreamWatch, step: Step) -> None:
        self._kept, self._upstream, self._step = kept, upstream, step

    def take(self, entry: DueJob, lane: Lane) -> DueJob | None:
        """One turn; to be run in a context of its own. What fails is this run's alone, which is tried again later.

        Returns:
            The run's entry as it is then, kept or let go; ``None`` when the run has ended.

        Raises:
            StoreUnavailableError: the due list was not written; the run stays due.
        """
        start_correlation(uuid4().hex)
        bind_contextvars(school_id=entry.school_id, run_id=entry.job_id)
        try:
            result = self._drive(entry, Line(lane, self._upstream))
        except UnavailableError as error:
            _log.warning("run not advanced: something is away", error=error.code)
            return self._kept.release(entry, due_at=clock.now() + timedelta(seconds=AWAY_S))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other runs go on
            _log.exception("run not advanced", error=type(error).__name__)
            return self.put_off(entry)
        return self._write_down(entry, result)

    def put_off(self, entry: DueJob) -> DueJob:
        """Try a run again that failed, or ended its process, later each time; tell a person when that goes on.

        Raises:
            StoreUnavailableError: see ``take``.
        """
        failures = self._kept.failed(entry).hand_outs
        wait_s = min(FIRST_BACKOFF_S * 2 ** min(failures - 1, 10), LONGEST_BACKOFF_S)
        if failures >= FAILURES_TO_ALARM:
            names = {"school_id": entry.school_id, "run_id": entry.job_id, "failures": failures}
            _log.error("sync step goes on failing", **names, **embedded("SyncStepFailing", 1, COUNT))
        return self._kept.release(entry, due_at=clock.now() + timedelta(seconds=wait_s))

    def _drive(self, entry: DueJob, line: Line) -> StepResult:
        school_id, result = str(entry.school_id), CONTINUE
        with enter_school(school_id):
            self._probe_if_due(entry, line)
            for _ in range(MAX_STEPS):
                if result.end is not StepEnd.CONTINUE or line.is_used_up or self._is_closed():
                    break
                result = self._step(run_id=entry.job_id, actor=f"worker:{self._kept.keeper}", line=line)
        _log.info("turn", outcome=str(result.end), requests=line.exchanges)
        return result

    def _probe_if_due(self, entry: DueJob, line: Line) -> None:
        """The neutral question is about this run's school and term, and costs it no attempt."""
        if self._upstream.known.is_probe_due(clock.now()):
            term_id, _ordinal = parse_run_id(entry.job_id)
            about = {"school_id": str(entry.school_id), "term_id": term_id}
            line.probe(partial(government().list_held, **about, cursor=None, limit=1))

    def _is_closed(self) -> bool:
        return not self._upstream.known.is_open(clock.now())

    def _write_down(self, entry: DueJob, result: StepResult) -> DueJob | None:
        moved = self._kept.moved(entry)
        if result.end is StepEnd.FINISHED:
            self._kept.forget(entry)
            return None
        return self._kept.release(moved, due_at=result.until) if result.until else moved
