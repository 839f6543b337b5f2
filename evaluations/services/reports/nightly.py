"""The nightly consolidation of a school: a job (``edu.jobs``) whose units are the sections of each term.

A section that fails or kills its process twice is given up for this run, so that it cannot stop the others: its marks
stay, and readers and the next night try again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository as jobs
from edu.jobs import steps
from edu.jobs.domain import DueJob, JobKind
from edu.jobs.steps import JobStep, Units
from edu.schools import list_schools
from edu.tenancy import current_school_id
from evaluations.domain.nights import night_of
from evaluations.errors import RunNotFoundError
from evaluations.repository import consolidated, roster, stale_marks
from evaluations.repository.consolidated import ConsolidatedSection
from evaluations.services.reports import consolidating
from evaluations.services.reports.consolidated_grades import is_outdated
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.jobs.domain import Job

# Three times, as a night has three hours: then a run that never moves waits for a person, or for the next night's.
CONSOLIDATION = JobKind("consolidation", max_hand_outs=3)
SECTIONS_PER_STEP = 25
_RUNS_LOOKED_AT = 25
_BETWEEN = "/"
_FULL = "full"


def hand_out_runs() -> Iterator[DueJob]:
    """The runs whose next step is due, each to one caller only, who must have it taken.

    They are those of the registered schools that have night now, each by its own clock, which are put on the due list
    here; and those that began earlier and that nobody moved any more.
    """
    now = clock.now()
    for school in list_schools():
        night = night_of(now, school.time_zone)
        if night:
            jobs.add_due(DueJob(CONSOLIDATION.name, night, now, school.school_id))
    yield from steps.hand_out(CONSOLIDATION, jobs.list_due(CONSOLIDATION.name))


def advance_run(*, run_id: str, full: bool = False) -> JobStep:
    """Take a run's next step as a worker, and say on the due list when to look at it again.

    Raises like ``consolidate_next``. Needs a process that may enter the platform's scope.
    """
    step = consolidate_next(run_id=run_id, full=full)
    due = DueJob(CONSOLIDATION.name, run_id, clock.now(), current_school_id())
    steps.reschedule(CONSOLIDATION, due, step.result)
    return step


def consolidate_next(*, run_id: str, full: bool = False, limit: int = SECTIONS_PER_STEP) -> JobStep:
    """Take the run's next step: up to ``limit`` sections that need it (``full``: need it or not). Starts the run.

    A section needs it when something in it changed since it was last done, when it was never done, or when the
    term's scale or policy changed. Two processes on one run do no harm: the slower one stops.

    Raises:
        StoreUnavailableError: the table is busy; take the step again.
    """
    return steps.take_step(CONSOLIDATION, run_id, _plan, limit=limit, order={_FULL: full})


def list_runs(*, limit: int) -> list[Job]:
    """The school's latest runs, the latest started first: nights and what people started, which sort apart by name."""
    runs = jobs.list_jobs(CONSOLIDATION.name, limit=max(limit, _RUNS_LOOKED_AT)).items
    return sorted(runs, key=lambda run: run.started_at, reverse=True)[:limit]


def require_run(*, run_id: str) -> None:
    """Check that a run was begun.

    Raises:
        RunNotFoundError: it was not.
    """
    if jobs.find_job(CONSOLIDATION.name, run_id) is None:
        raise RunNotFoundError(f"no such run: {run_id}")


def describe(school_id: str, run: Job) -> str:
    """A run in one line for an operator: counts and times, and the sections that were given up."""
    state = "done" if run.finished_at else "running"
    consolidated_count, grades = run.counts.get("consolidated", 0), run.counts.get("grades_written", 0)
    counts = f"sections={run.done}/{run.total} consolidated={consolidated_count} grades={grades}"
    failed = f" failed={','.join(run.failed)}" if run.failed else ""
    kind = "full" if run.order.get(_FULL) else "incremental"
    return f"{school_id} {run.job_id} {kind} {state} {counts}{failed} updated={run.updated_at:%Y-%m-%dT%H:%M:%SZ}"


def _plan(run: Job) -> Units:
    if run.order.get(_FULL):
        return Units(_places(), _consolidate)
    return Units(_places(), _consolidate, _needs_it)


def _consolidate(place: str) -> dict[str, int]:
    term_id, section_id = place.split(_BETWEEN)
    result = consolidating.consolidate_section(term_id=term_id, section_id=section_id)
    return {"consolidated": 1, "grades_written": result.written}


def _needs_it(place: str) -> bool:
    term_id, section_id = place.split(_BETWEEN)
    marks = stale_marks.list_stale(term_id, section_id)
    return bool(marks) or is_outdated(ConsolidatedSection(consolidated.get_summary(term_id, section_id)), marks)


def _places() -> list[str]:
    """Every term with each section that it may have, of all school years, in the one order of all steps."""
    sections, terms = roster.list_sections(), school_cache.get_school().terms
    return sorted(
        f"{term.term_id}{_BETWEEN}{section.section_id}"
        for term in terms
        for section in sections
        if term.may_have(section)
    )
