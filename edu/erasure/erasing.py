"""The erasure of a student: a job (``edu.jobs``) whose units are the parts that the apps hold of them.

The order destroys the student's key in the transaction that writes it down, so from the first moment no copy of the
lake leads to the student any more. Everything after that may be interrupted anywhere and done again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edu import audit, clock, memory, student_keys
from edu.dynamo.transactions import Transaction
from edu.erasure import holds, records
from edu.erasure.errors import AlreadyErasedError, ErasureBlockedError
from edu.erasure.parts import Part, find_obstacles, list_parts, register_check, register_part
from edu.erasure.records import Erasure
from edu.errors import InvalidInputError
from edu.jobs import repository as jobs
from edu.jobs import steps
from edu.jobs.domain import FINISHED, DueJob, JobKind, StepEnd, StepResult, wait_until
from edu.jobs.steps import Units
from edu.logs import get_logger
from edu.queues import QUEUES
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edu.erasure.parts import Obstacle
    from edu.identity.principal import Principal
    from edu.jobs.domain import Job

# Never given up, neither the job nor a part of it: half an erasure is none.
ERASURE = JobKind("erasure", max_attempts=None)
SETTLED_AFTER = timedelta(seconds=60 + max(memory.SECONDS, *(queue.task_time_s for queue in QUEUES)))
"""So long after the order no process remembers the key and no task that read the roster before goes on: what either has
written until then is looked for once more."""

_REASON_CHARS = 500
_log = get_logger(__name__)


def plan_erasure(student_id: str) -> tuple[list[Obstacle], dict[str, int]]:
    """What an erasure would meet and do: obstacles, and how much each part finds. Writes nothing.

    Raises:
        NotFoundError: the school has no such student.
    """
    return find_obstacles(student_id), {part.name: part.find(student_id) for part in list_parts()}


def order_erasure(*, actor: Principal, student_id: str, reason: str, again: bool = False) -> Erasure:
    """Destroy the student's key, and write down that the rest is to be erased. The job is then on the due list.

    ``again``: of a student who was erased, because a backup was restored; nothing stands in the way of that.

    Raises:
        InvalidInputError: there is no reason of at most 500 characters in one line.
        NotFoundError: the school has no such student.
        ErasureBlockedError: the law needs what is to be erased.
        AlreadyErasedError: it was ordered already.
    """
    if not reason.strip() or len(reason) > _REASON_CHARS or not reason.isprintable():
        raise InvalidInputError("a reason of one line is needed")
    before = records.find_erasure(student_id)
    if before and not again:
        raise AlreadyErasedError
    last_hold = holds.find_last()
    if not before:
        _require_free(student_id)
    now = clock.now()
    erasure = Erasure(student_id, now, actor.subject, before.rounds + 1 if before else 1)
    jobs.add_due(_due(erasure.job_id))
    transaction = Transaction()
    records.put_erasure(transaction, erasure, otherwise=AlreadyErasedError)
    if not before:
        holds.require_last(transaction, last_hold, otherwise=ErasureBlockedError)
    audit.add_entry(
        transaction,
        actor=actor,
        action="student.erased",
        subject=f"student:{student_id}",
        version=erasure.rounds,
        digests=("", ""),
        reason=reason,
    )
    student_keys.add_destruction(transaction, student_id, at=now)
    transaction.commit()
    student_keys.forget_key(student_id)
    return erasure


def advance_erasure(*, job_id: str) -> StepResult:
    """Erase the next part, and say on the due list when to look again. Idempotent, and safe beside another worker.

    Needs a process that may enter the platform's scope and the lake's.

    Raises:
        StoreUnavailableError: the table or the lake does not answer; take the step again.
    """
    erasure = _erasure_of(job_id)
    if erasure is None:
        result = FINISHED  # it was never ordered, or in the meantime once more
    elif waits_until := _waits_until(erasure):
        result = wait_until(waits_until)
    else:
        step = steps.take_step(ERASURE, job_id, lambda _job: _units(erasure), limit=1)
        result = step.result
        if result.end is StepEnd.FINISHED:
            _log.info("student erased", **{name.replace("-", "_"): n for name, n in step.job.counts.items()})
    steps.reschedule(ERASURE, _due(job_id), result)
    return result


def find_job(erasure: Erasure) -> Job | None:
    """How far an erasure has come; ``None`` before its first step."""
    return jobs.find_job(ERASURE.name, erasure.job_id)


def hand_out_erasures() -> Iterator[DueJob]:
    """The erasures whose next step is due, each to one caller only, who must have it taken."""
    yield from steps.hand_out(ERASURE, jobs.list_due(ERASURE.name))


def _require_free(student_id: str) -> None:
    if obstacles := find_obstacles(student_id):
        raise ErasureBlockedError("; ".join(map(str, obstacles)))


def _erasure_of(job_id: str) -> Erasure | None:
    erasure = records.find_erasure(job_id.rpartition("-r")[0])
    return erasure if erasure and erasure.job_id == job_id else None


def _waits_until(erasure: Erasure) -> datetime | None:
    """When the late parts may be erased, if nothing else is left to do before that."""
    settled_at, job = erasure.ordered_at + SETTLED_AFTER, find_job(erasure)
    early = [part.name for part in list_parts() if not part.late]
    if job is None or job.finished_at is not None or job.position < early[-1]:
        return None
    return settled_at if clock.now() < settled_at else None


def _units(erasure: Erasure) -> Units:
    parts = {part.name: part for part in list_parts()}
    return Units(list(parts), lambda name: {name: parts[name].erase(erasure.student_id)})


def _due(job_id: str) -> DueJob:
    return DueJob(ERASURE.name, job_id, clock.now(), current_school_id())


def _destroy_key(student_id: str) -> int:
    student_keys.destroy_key(student_id, at=clock.now())
    return 1


def _find_key(student_id: str) -> int:
    return sum(map(bool, student_keys.standing_keys_of([student_id]).values()))


register_part(Part("10-key", _destroy_key, _find_key))
register_check("legal_holds", holds.find_obstacles)
