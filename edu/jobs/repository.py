"""A scope's jobs, and over all scopes the list of what is due.

    SCHOOL#<id>#JOBS     <kind>#<job>                  a school's jobs
    PLATFORM#JOBS        <kind>#<job>                  the platform's own
    PLATFORM#JOBS#DUE    <kind>#<school or ->#<job>    when to look at which

Functions about jobs work in the scope in force; those about the due list enter the platform's scope by themselves. A
due entry is written before its job and removed after the job has ended, so no crash loses a job. It holds ids, times
and a count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.keys import Key, joined, platform_partition, school_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import ALWAYS, NOT_THERE, Condition, Transaction, version_is
from edu.jobs.domain import DueJob, Job
from edu.jobs.errors import JobMovedError, JobNotFoundError
from edu.tenancy import ScopeKind, current_scope, enter_platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page

_NO_SCHOOL = "-"  # no school's id begins so
_DUE = "due_job"
_KEEPING = frozenset({"keeper", "beat"})


def next_version(version: int) -> Condition:
    """What must stand in the place of a job's ``version`` when it is written: the one before; for the first, nothing.

    One of two workers that read the same version then writes the next.
    """
    return version_is(version - 1) if version > 1 else NOT_THERE


def find_job(kind: str, job_id: str) -> Job | None:
    """A job of the scope, ``None`` when it was never started. Strongly consistent."""
    found = table.get_item(_job_key(kind, job_id))
    return from_attributes(Job, found) if found else None


def get_job(kind: str, job_id: str) -> Job:
    """A job of the scope. Strongly consistent.

    Raises:
        JobNotFoundError: it was never started.
    """
    job = find_job(kind, job_id)
    if job is None:
        raise JobNotFoundError
    return job


def list_jobs(kind: str, *, cursor: str | None = None, limit: int = 50) -> Page[Job]:
    """The scope's jobs of a kind by id, the last first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(_jobs_partition(), prefix=f"{joined(kind)}#", descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(Job, item))


def start_job(kind: str, job_id: str, *, order: Mapping[str, str | int | bool]) -> Job:
    """Write a new job.

    Raises:
        JobMovedError: somebody else has just started it.
    """
    now = clock.now()
    return _put_job(Job(kind=kind, job_id=job_id, started_at=now, updated_at=now, order=order))


def save_job(job: Job) -> Job:
    """Put the next version in the place of the one that ``job`` was made from, and return it.

    Raises:
        JobMovedError: another worker moved the job first.
    """
    return _put_job(replace(job, version=job.version + 1, updated_at=clock.now()))


def add_due(due: DueJob) -> None:
    """Put a job on the due list unless it is there. Idempotent."""
    try:
        _put_due(due, NOT_THERE)
    except ConditionFailedError:
        return


def put_due(due: DueJob) -> None:
    """Say when a job is to be looked at, whatever was said before; who keeps it goes on keeping it."""
    said = {name: value for name, value in to_attributes(due).items() if name not in _KEEPING}
    expression = ", ".join(f"#{name} = :{name}" for name in said)
    names, values = {f"#{name}": name for name in said}, {f":{name}": value for name, value in said.items()}
    transaction = Transaction()
    unconditional = Condition(ALWAYS.expression, names=names)
    transaction.update(_due_key(due), f"SET entity = :entity, {expression}", {":entity": _DUE, **values}, unconditional)
    with enter_platform():
        transaction.commit()


def replace_due(seen: DueJob, by: DueJob) -> bool:
    """Replace an entry as it was seen; ``False`` when somebody changed it since (no two sweeps take the same one)."""
    values = {":due_at": instant_text(seen.due_at), ":keeper": seen.keeper, ":beat": seen.beat}
    kept = "(attribute_not_exists(keeper) OR (keeper = :keeper AND beat = :beat))"
    try:
        _put_due(by, Condition(f"due_at = :due_at AND {kept}", values))
    except ConditionFailedError:
        return False
    return True


def renew_due(kept: DueJob, *, beat: int) -> bool:
    """Give a kept entry a new beat and its ``hand_outs``; ``False`` when it is gone, or another's by now."""
    return _update_kept(kept, "SET beat = :beat, hand_outs = :hand_outs", {":beat": beat, ":hand_outs": kept.hand_outs})


def release_due(kept: DueJob, *, due_at: datetime) -> bool:
    """Let an entry go, to be looked at again at ``due_at``; ``False`` when it is gone, or another's by now.

    If somebody said another time while it was kept (``put_due``), that stands.
    """
    values = {":nobody": "", ":hand_outs": kept.hand_outs}
    letting_go = "SET keeper = :nobody, hand_outs = :hand_outs"
    unchanged = Condition(" AND due_at = :kept_due_at", {":kept_due_at": instant_text(kept.due_at)})
    at = {":due_at": instant_text(due_at)}
    return _update_kept(kept, f"{letting_go}, due_at = :due_at", values | at, unchanged) or _update_kept(
        kept, letting_go, values
    )


def remove_due(due: DueJob) -> None:
    """Take a job off the due list. Idempotent."""
    transaction = Transaction()
    transaction.delete(_due_key(due))
    with enter_platform():
        transaction.commit()


def list_due(kind: str) -> list[DueJob]:
    """The whole list of a kind, one short entry for each open job of any scope. Strongly consistent."""
    query = table.Query(_due_partition(), prefix=f"{joined(kind)}#", consistent=True, limit=1000)
    with enter_platform():
        return [from_attributes(DueJob, item) for item in table.query_all(query)]


def _put_job(job: Job) -> Job:
    item = {**_job_key(job.kind, job.job_id).as_attributes(), "entity": "job", **to_attributes(job)}
    transaction = Transaction()
    transaction.put(item, next_version(job.version), otherwise=JobMovedError)
    transaction.commit()
    return job


def _update_kept(kept: DueJob, expression: str, values: Attributes, also: Condition = ALWAYS) -> bool:
    """Change an entry as long as it is its keeper's, and ``also`` holds."""
    condition = Condition(f"keeper = :keeper{also.expression}", {":keeper": kept.keeper, **also.values})
    transaction = Transaction()
    transaction.update(_due_key(kept), expression, values, condition)
    with enter_platform():
        return transaction.try_commit()


def _put_due(due: DueJob, condition: Condition) -> None:
    item: Attributes = {**_due_key(due).as_attributes(), "entity": _DUE, **to_attributes(due)}
    transaction = Transaction()
    transaction.put(item, condition)
    with enter_platform():
        transaction.commit()


def _job_key(kind: str, job_id: str) -> Key:
    return Key(_jobs_partition(), joined(kind, job_id))


def _jobs_partition() -> str:
    is_platforms = current_scope().kind is ScopeKind.PLATFORM
    return platform_partition("JOBS") if is_platforms else school_partition("JOBS")


def _due_partition() -> str:
    return platform_partition("JOBS", "DUE")


def _due_key(due: DueJob) -> Key:
    return Key(_due_partition(), joined(due.kind, due.school_id or _NO_SCHOOL, due.job_id))
