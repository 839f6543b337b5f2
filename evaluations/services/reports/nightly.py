"""The nightly consolidation of a school, in steps that any process may continue.

A step does a bounded number of sections and writes down how far it came before each. A process that dies leaves its
section named as begun; whoever gets the message next does it again. A section that fails or kills its process twice is
given up for this run, so that it cannot stop the others: its marks stay, and readers and the next night try again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.logs import get_logger
from edu.schools import list_schools
from evaluations.domain.nights import night_of
from evaluations.errors import RunNotFoundError
from evaluations.repository import consolidated, nightly, roster, stale_marks
from evaluations.repository.consolidated import ConsolidatedSection
from evaluations.repository.nightly import Progress
from evaluations.services.reports import consolidating
from evaluations.services.reports.consolidated_grades import is_outdated
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from datetime import datetime

SECTIONS_PER_STEP = 25
_MOST_ATTEMPTS = 2
_RUNS_LOOKED_AT = 25
_BETWEEN = "/"
_log = get_logger(__name__)


@dataclass(frozen=True)
class DueSchool:
    """A school whose night it is, and the run that this night is."""

    school_id: str
    run_id: str


@dataclass(frozen=True)
class Step:
    """How a step ended. ``more``: there are sections left and nobody else is at it."""

    progress: Progress
    more: bool


def list_due_schools(*, now: datetime | None = None) -> list[DueSchool]:
    """The registered schools that have night now, each by its own clock."""
    nights = [(school.school_id, night_of(now or clock.now(), school.time_zone)) for school in list_schools()]
    return [DueSchool(school_id, night) for school_id, night in nights if night]


def consolidate_next(*, run_id: str, full: bool = False, limit: int = SECTIONS_PER_STEP) -> Step:
    """Take the run's next step: up to ``limit`` sections that need it (``full``: need it or not). Starts the run.

    A section needs it when something in it changed since it was last done, when it was never done, or when the
    term's scale changed. Two processes on one run do no harm: the slower one stops.

    Raises:
        StoreUnavailableError: the table is busy; take the step again.
    """
    try:
        progress = nightly.get_progress(run_id) or nightly.start(run_id, full=full)
        return Step(progress, more=False) if progress.finished_at else _step(progress, limit)
    except ConditionFailedError:
        _log.info("somebody else is at this run", run_id=run_id)
        return Step(nightly.get_progress(run_id) or _unstarted(run_id), more=False)


def list_runs(*, limit: int) -> list[Progress]:
    """The school's latest runs, the latest started first: nights and what people started, which sort apart by name."""
    runs = nightly.list_progress(limit=max(limit, _RUNS_LOOKED_AT))
    return sorted(runs, key=lambda run: run.started_at, reverse=True)[:limit]


def require_run(*, run_id: str) -> None:
    """Check that a run was begun.

    Raises:
        RunNotFoundError: it was not.
    """
    if nightly.get_progress(run_id) is None:
        raise RunNotFoundError(f"no such run: {run_id}")


def describe(school_id: str, run: Progress) -> str:
    """A run in one line for an operator: counts and times, and the sections that were given up."""
    state = "done" if run.finished_at else "running"
    counts = f"sections={run.visited}/{run.total} consolidated={run.consolidated} grades={run.grades_written}"
    failed = f" failed={','.join(run.failed)}" if run.failed else ""
    kind = "full" if run.full else "incremental"
    return f"{school_id} {run.run_id} {kind} {state} {counts}{failed} updated={run.updated_at:%Y-%m-%dT%H:%M:%SZ}"


def _step(progress: Progress, limit: int) -> Step:
    places = _places()
    done = 0
    progress = replace(progress, total=len(places))
    for place in places:
        if place <= progress.position:
            continue
        if done == limit:
            return Step(nightly.save(progress), more=True)
        if progress.full or place == progress.attempting or _needs_it(*place.split(_BETWEEN)):
            progress = _consolidate(progress, place)
            done += 1
        progress = replace(progress, position=place, visited=progress.visited + 1)
    finished = replace(progress, finished_at=clock.now(), visited=len(places))
    if finished.failed:
        _log.error("sections not consolidated", run_id=progress.run_id, failed=len(finished.failed))
    return Step(nightly.save(finished), more=False)


def _consolidate(progress: Progress, place: str) -> Progress:
    attempts = progress.attempts + 1 if progress.attempting == place else 1
    if attempts > _MOST_ATTEMPTS:
        return replace(progress, attempting="", attempts=0, failed=(*progress.failed, place))
    progress = nightly.save(replace(progress, attempting=place, attempts=attempts))
    term_id, section_id = place.split(_BETWEEN)
    result = consolidating.consolidate_section(term_id=term_id, section_id=section_id)
    return replace(
        progress,
        attempting="",
        attempts=0,
        consolidated=progress.consolidated + 1,
        grades_written=progress.grades_written + result.written,
    )


def _needs_it(term_id: str, section_id: str) -> bool:
    marks = stale_marks.list_stale(term_id, section_id)
    return bool(marks) or is_outdated(ConsolidatedSection(consolidated.get_summary(term_id, section_id)), marks)


def _places() -> list[str]:
    """Every (term, section) of one school year, in the one order of all steps."""
    sections, terms = roster.list_sections(), school_cache.get_school().terms
    return sorted(
        f"{term.term_id}{_BETWEEN}{section.section_id}"
        for term in terms
        for section in sections
        if term.may_have(section)
    )


def _unstarted(run_id: str) -> Progress:
    now = clock.now()
    return Progress(run_id=run_id, full=False, started_at=now, updated_at=now)
