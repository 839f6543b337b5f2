"""The nightly merge of a school's lake: a job (``edu.jobs``) whose units are the months of each dataset.

A month that fails twice is given up for the night and named; it stays as readable as it was, and the next night tries
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset, Month
from analytics.domain.retention import kept_months
from analytics.services import compacting
from edu import clock
from edu.jobs import repository as jobs
from edu.jobs import steps
from edu.jobs.domain import DueJob, JobKind
from edu.jobs.steps import JobStep, Units
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.schools import list_schools
from edu.tenancy import current_school_id
from evaluations.domain.nights import night_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.jobs.domain import Job

COMPACTION: Final = JobKind("compaction", watchdog_s=1800.0, max_hand_outs=3)
MONTHS_PER_STEP: Final = 12
_BETWEEN: Final = "/"
_log = get_logger(__name__)


def hand_out_runs() -> Iterator[DueJob]:
    """The runs whose next step is due, each to one caller only: those of schools that have night, and stopped ones."""
    now = clock.now()
    for school in list_schools():
        night = night_of(now, school.time_zone)
        if night:
            jobs.add_due(DueJob(COMPACTION.name, night, now, school.school_id))
    yield from steps.hand_out(COMPACTION, jobs.list_due(COMPACTION.name))


def advance_run(*, run_id: str, limit: int = MONTHS_PER_STEP) -> JobStep:
    """Take a run's next step, up to ``limit`` months that need it, and say on the due list when to look at it again.

    Raises:
        StoreUnavailableError: the table or the lake is busy; take the step again.
    """
    step = steps.take_step(COMPACTION, run_id, _plan, limit=limit)
    if step.job.finished_at is not None:
        metric = embedded("LakeMonthsGivenUp", step.job.failures, COUNT)
        _log.info("the lake was merged", run_id=run_id, **dict(step.job.counts), **metric)
    steps.reschedule(COMPACTION, DueJob(COMPACTION.name, run_id, clock.now(), current_school_id()), step.result)
    return step


def months_of_the_lake() -> tuple[Month, ...]:
    """The months that the lake keeps, to this one."""
    return kept_months(clock.now())


def _plan(_run: Job) -> Units:
    names = sorted(f"{dataset.value}{_BETWEEN}{month}" for dataset in Dataset for month in months_of_the_lake())
    return Units(names, _compact, _is_due)


def _compact(name: str) -> dict[str, int]:
    done = compacting.compact_month(*_parsed(name))
    return {
        "files_before": done.files_before,
        "files_after": done.files_after,
        "rows": done.rows,
        "dropped": done.dropped,
        "set_aside": done.set_aside,
        "deleted": done.deleted,
    }


def _is_due(name: str) -> bool:
    return compacting.is_due(*_parsed(name))


def _parsed(name: str) -> tuple[Dataset, Month]:
    dataset, _, month = name.partition(_BETWEEN)
    year, _, number = month.partition("-")
    return Dataset(dataset), Month(int(year), int(number))
