"""Taking a job's next step, handing out the jobs whose time has come, and saying when to look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository
from edu.jobs.domain import CONTINUE, FINISHED, LOST, Job, StepEnd, StepResult
from edu.jobs.errors import JobMovedError
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edu.jobs.domain import DueJob, JobKind

_log = get_logger(__name__)


def _always(_unit: str) -> bool:
    return True


@dataclass(frozen=True)
class Units:
    """What a job goes through: the units' ``names`` in ascending order, the same order in every step.

    ``work`` does one unit and returns counts of what that brought; it may be done again, after a crash. A unit that is
    not ``needed`` is passed over without a write.
    """

    names: Sequence[str]
    work: Callable[[str], Mapping[str, int]]
    needed: Callable[[str], bool] = _always


@dataclass(frozen=True)
class JobStep:
    """The job as a step left it, and how the step ended."""

    job: Job
    result: StepResult

    @property
    def more(self) -> bool:
        """Whether there are units left and nobody else is at it."""
        return self.result.end is StepEnd.CONTINUE


def take_step(
    kind: JobKind,
    job_id: str,
    plan: Callable[[Job], Units],
    *,
    limit: int,
    order: Mapping[str, str | int | bool] | None = None,
) -> JobStep:
    """Take the next step of a job of the scope in force, up to ``limit`` units of work. Starts it, with ``order``.

    How far it came is written before each unit. A worker that dies leaves its unit named as begun; whoever takes the
    next step does that unit again, and gives it up when it was begun twice. Of two workers on one job the slower one
    stops at its next write.

    Raises:
        StoreUnavailableError: the table is busy; take the step again.
        Exception: what ``work`` raised. The units before stay done; take the step again.
    """
    try:
        job = repository.find_job(kind.name, job_id) or repository.start_job(kind.name, job_id, order=order or {})
        if job.finished_at is not None:
            return JobStep(job, FINISHED)
        return _work(kind, job, plan(job), limit)
    except JobMovedError:
        _log.info("another worker moved the job", kind=kind.name, job_id=job_id)
        return JobStep(repository.get_job(kind.name, job_id), LOST)


def hand_out(kind: JobKind, entries: Iterable[DueJob]) -> Iterator[DueJob]:
    """Those of the due list's ``entries`` whose time has come, each to one caller only, who must have it moved.

    Each is put off by the watchdog's time right before it is handed out: should the caller vanish, or the table fail in
    between, only that one waits so long. One that was handed out too often is taken off the list instead, with an error
    in the log.
    """
    now = clock.now()
    for entry in entries:
        if entry.due_at > now:
            continue
        if entry.is_given_up(kind):
            repository.remove_due(entry)
            names = {"school_id": entry.school_id, "job_id": entry.job_id}
            _log.error("job given up", kind=kind.name, hand_outs=entry.hand_outs, **names)
        elif repository.replace_due(entry, entry.handed_out(now, kind)):
            yield entry


def reschedule(kind: JobKind, due: DueJob, result: StepResult) -> None:
    """Say on the due list when to look at a job again, after a step that moved it; take it off once it has ended."""
    if result.end is StepEnd.LOST:
        return
    again = due.after(result, clock.now(), kind)
    if again is None:
        repository.remove_due(due)
    else:
        repository.put_due(again)


def _work(kind: JobKind, job: Job, units: Units, limit: int) -> JobStep:
    job, worked = replace(job, total=len(units.names)), 0
    for unit in units.names:
        if unit <= job.position:
            continue
        if worked == limit:
            return JobStep(repository.save_job(job), CONTINUE)
        if unit == job.attempting or units.needed(unit):
            job = _work_on(kind, job, unit, units.work)
            worked += 1
        else:
            job = job.passed(unit)
    if job.failures:
        _log.error("units of a job given up", kind=job.kind, job_id=job.job_id, failures=job.failures)
    return JobStep(repository.save_job(job.ended(clock.now())), FINISHED)


def _work_on(kind: JobKind, job: Job, unit: str, work: Callable[[str], Mapping[str, int]]) -> Job:
    if job.gives_up(unit, kind):
        return job.given_up(unit)
    job = repository.save_job(job.begun(unit))
    return job.completed(unit, work(unit))
