"""What a job is, how far it has come, and when it is looked at again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

# A unit that fails, or kills its worker, so often is given up, so that it cannot stop the others.
MAX_ATTEMPTS = 2
# So many of the units that were given up are named; an item of the table holds 400 KB.
MAX_NAMED_FAILURES = 100


@dataclass(frozen=True)
class JobKind:
    """A kind of job; ``name`` stands in keys and never changes.

    A job that nobody moved for ``watchdog_s`` seconds, which no step takes, has lost its message (SQS redelivers within
    minutes) and is handed out again: ``max_hand_outs`` times in a row without a move, then it is given up (``None``:
    never). A unit that was begun ``max_attempts`` times without an end is given up (``None``: never, where half of
    the units would be worse than none).
    """

    name: str
    watchdog_s: float = 900.0
    max_hand_outs: int | None = None
    max_attempts: int | None = MAX_ATTEMPTS


class StepEnd(StrEnum):
    """How a step ended. ``lost``: another worker is moving the job, and this one has nothing more to do."""

    CONTINUE = "continue"
    WAIT = "wait"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True)
class StepResult:
    """A step's end, and for ``wait`` the instant before which nothing is to be done."""

    end: StepEnd
    until: datetime | None = None


CONTINUE, FINISHED, LOST = StepResult(StepEnd.CONTINUE), StepResult(StepEnd.FINISHED), StepResult(StepEnd.LOST)


def wait_until(instant: datetime) -> StepResult:
    """Nothing more before ``instant``."""
    return StepResult(StepEnd.WAIT, instant)


@dataclass(frozen=True)
class DueJob:
    """A job that should be looked at, not before ``due_at``, and should have ended by ``deadline_at``.

    ``school_id`` is ``None`` for a job of the platform's own. ``hand_outs`` counts how often in a row it was handed out
    without a move since. ``keeper``: the process that works on it and says so by a new ``beat`` every second
    (``edu.jobs.keeping``); nobody, when it is empty.
    """

    kind: str
    job_id: str
    due_at: datetime
    school_id: str | None = None
    deadline_at: datetime | None = None
    hand_outs: int = 0
    keeper: str = ""
    beat: int = 0

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What names the job on the list."""
        return (self.kind, self.school_id, self.job_id)

    def late_s(self, now: datetime) -> float | None:
        """Seconds since the deadline; ``None`` before it, and without one."""
        if self.deadline_at is None or self.deadline_at > now:
            return None
        return (now - self.deadline_at).total_seconds()

    def is_given_up(self, kind: JobKind) -> bool:
        """Whether it was handed out as often as its kind allows, and never moved."""
        return kind.max_hand_outs is not None and self.hand_outs >= kind.max_hand_outs

    def handed_out(self, now: datetime, kind: JobKind) -> DueJob:
        """The entry once it is handed out: due again if nobody moves the job until the watchdog's time."""
        return replace(self, due_at=now + timedelta(seconds=kind.watchdog_s), hand_outs=self.hand_outs + 1)

    def after(self, result: StepResult, now: datetime, kind: JobKind) -> DueJob | None:
        """The entry after a step that moved the job; ``None`` when the job has ended."""
        if result.end is StepEnd.FINISHED:
            return None
        again_at = result.until or now + timedelta(seconds=kind.watchdog_s)
        return replace(self, due_at=again_at, hand_outs=0)


@dataclass(frozen=True)
class Job:
    """A job over named units in ascending order, and how far it has come; ``version`` guards every write.

    ``order`` is what was asked for, the same to the end. ``done`` of ``total`` units are behind it, the last of them
    ``position``. ``attempting`` was begun ``attempts`` times and not finished: a worker failed or was killed there.
    ``failures`` units were given up, the first of them named in ``failed``. ``counts``: what the units brought, summed.
    """

    kind: str
    job_id: str
    started_at: datetime
    updated_at: datetime
    order: Mapping[str, str | int | bool] = field(default_factory=dict)
    version: int = 1
    total: int = 0
    done: int = 0
    position: str = ""
    attempting: str = ""
    attempts: int = 0
    failures: int = 0
    failed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None

    def gives_up(self, unit: str, kind: JobKind) -> bool:
        """Whether the unit was begun as often as its kind allows, without an end."""
        return unit == self.attempting and kind.max_attempts is not None and self.attempts >= kind.max_attempts

    def begun(self, unit: str) -> Job:
        """The job as it has to stand in the table before the unit's work begins."""
        return replace(self, attempting=unit, attempts=self.attempts + 1 if unit == self.attempting else 1)

    def completed(self, unit: str, counts: Mapping[str, int]) -> Job:
        """The job once the unit's work is done, with what that brought added."""
        summed = {name: self.counts.get(name, 0) + counts.get(name, 0) for name in {**self.counts, **counts}}
        return replace(self, attempting="", attempts=0, counts=summed).passed(unit)

    def given_up(self, unit: str) -> Job:
        """The job without this unit, which stays undone."""
        named = (*self.failed, unit)[:MAX_NAMED_FAILURES]
        return replace(self, attempting="", attempts=0, failures=self.failures + 1, failed=named).passed(unit)

    def passed(self, unit: str) -> Job:
        """The job with the unit behind it, whether it had to be worked on or not."""
        return replace(self, position=unit, done=self.done + 1)

    def ended(self, at: datetime) -> Job:
        """The job with every unit behind it."""
        return replace(self, done=self.total, finished_at=at)
