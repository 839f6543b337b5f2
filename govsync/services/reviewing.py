"""What people do about runs: take a parked one up, send lost grades again, decide that something is not sent.

Each stands in the run's history and, in the same transaction, in the school's audit trail, with who did it and why. The
services know no console: commands call them, and it will.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.audit import add_entry
from edu.dynamo.transactions import Transaction
from edu.errors import FieldError, InvalidInputError
from edu.jobs import repository as jobs
from govsync.domain.grades import SKIPPED
from govsync.domain.reconciliation import healable
from govsync.domain.states import BatchState, RunState
from govsync.errors import ReviewError
from govsync.repository import runs
from govsync.services import healing, parking, transitions
from govsync.services.starting import due_job_of, order_follow_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.identity.principal import Principal
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun

_MAX_REASON = 200


def resume_run(*, run_id: str, actor: Principal, reason: str) -> SyncRun:
    """Take a parked run up again at once: what is parked is asked about first.

    Raises:
        RunNotFoundError: this school has no such run.
        ReviewError: it is not parked.
        InvalidInputError: the reason is missing or too long.
        RunMovedError: somebody else moved it at the same moment.
    """
    run, said = _parked_run(run_id), _reason(reason)
    also = _audited("resumed", run, actor, said)
    parking.resume(run, actor=actor.subject, by_person=True, detail=said, also=also)
    return _look_at_once(run_id)


def send_batch_again(*, run_id: str, number: int, actor: Principal, reason: str) -> SyncRun:
    """Take up a parked batch of which the government said both that it has it and that it never had it.

    It is asked about; if it says again that it never had it, the batch is sent again.

    Raises:
        RunNotFoundError, ReviewError, InvalidInputError, RunMovedError: see ``resume_run``.
    """
    run, batch = _parked_batch(run_id, number)
    said = _reason(reason)
    transitions.move(
        run,
        RunState.SENDING,
        "run.resumed",
        actor=actor.subject,
        added=[batch.resumed(forget=True)],
        detail=said,
        also=_audited("sent_again", run, actor, said),
        open_batches=(number,),
        parked_batches=tuple(found for found in run.parked_batches if found != number),
        attempt=0,
        retry_at=None,
        reason="",
    )
    return _look_at_once(run_id)


def retry_differences(*, run_id: str, actor: Principal, reason: str) -> int:
    """Mark the grades that an ended run found missing or outdated there again, and order a follow-up; how many.

    Idempotent until the follow-up begins: from then on what it sent would be sent twice.

    Raises:
        RunNotFoundError: this school has no such run.
        ReviewError: it has not ended, the term's next run has begun, or there is nothing that sending again may mend.
        InvalidInputError: the reason is missing or too long.
    """
    run, said = runs.get_run(run_id), _reason(reason)
    lost = healable(runs.list_differences(run_id, run.comparison)) if run.finished and run.comparison else []
    if not lost:
        raise ReviewError
    transaction = Transaction()
    runs.require_latest(transaction, run=run)
    _audited("retried", run, actor, said)(transaction)
    transaction.commit()
    healing.mark_again(run.term_id, lost, also=partial(runs.require_latest, run=run))
    order_follow_up(run)
    return len(lost)


def propose_skip(*, run_id: str, number: int, actor: Principal, reason: str) -> SyncRun:
    """Propose that a parked batch is not sent. Somebody else has to agree (``approve_skip``).

    Raises:
        RunNotFoundError, ReviewError, InvalidInputError, RunMovedError: see ``resume_run``.
    """
    run, batch = _parked_batch(run_id, number)
    said = _reason(reason)
    proposed = replace(batch, proposed_by=actor.subject, proposed_because=said)
    also = _audited("skip_proposed", run, actor, said)
    return _move_parked(run, "batch.skip_proposed", actor, proposed, detail=said, also=also)


def approve_skip(*, run_id: str, number: int, actor: Principal) -> SyncRun:
    """Agree that a parked batch is not sent: its grades are noted as refused, and stay pending.

    Raises:
        RunNotFoundError, RunMovedError: see ``resume_run``.
        ReviewError: it is not parked, or nobody has proposed it.
        InvalidInputError: who proposed it cannot agree with themselves.
    """
    run, batch = _parked_batch(run_id, number)
    if not batch.proposed_by:
        raise ReviewError
    if batch.proposed_by == actor.subject:
        raise InvalidInputError(fields=[FieldError("actor", "second_person", _("A second person has to agree"))])
    reason = f"{SKIPPED}{batch.proposed_because}"
    skipped = batch.moved(BatchState.SKIPPED, reason=reason)
    audited = _audited("skipped", run, actor, batch.proposed_because)

    def also(transaction: Transaction) -> None:
        runs.add_skipped(transaction, run_id, batch, reason)
        audited(transaction)

    _move_parked(
        run,
        "batch.skipped",
        actor,
        skipped,
        detail=batch.proposed_because,
        also=also,
        parked_batches=tuple(found for found in run.parked_batches if found != number),
        rejected=run.rejected + len(batch.grades),
        retry_at=clock.now(),
    )
    return _look_at_once(run_id)


def _move_parked(run: SyncRun, event: str, actor: Principal, batch: Batch, **more: Any) -> SyncRun:  # noqa: ANN401 - see ``move``
    return transitions.move(run, RunState.PARKED, event, actor=actor.subject, batch=batch, **more)


def _audited(decision: str, run: SyncRun, actor: Principal, reason: str) -> Callable[[Transaction], None]:
    """What notes the decision in the school's audit trail, in the transaction that carries it out."""

    def add(transaction: Transaction) -> None:
        add_entry(
            transaction,
            actor=actor,
            action={
                "resumed": "sync_run.resumed",
                "retried": "sync_run.retried",
                "sent_again": "sync_batch.sent_again",
                "skip_proposed": "sync_batch.skip_proposed",
                "skipped": "sync_batch.skipped",
            }[decision],
            subject=f"sync_run:{run.run_id}",
            version=run.version,
            digests=("", ""),
            reason=reason,
        )

    return add


def _parked_run(run_id: str) -> SyncRun:
    run = runs.get_run(run_id)
    if run.state is not RunState.PARKED:
        raise ReviewError
    return run


def _parked_batch(run_id: str, number: int) -> tuple[SyncRun, Batch]:
    run = _parked_run(run_id)
    if number not in run.parked_batches:
        raise ReviewError
    return run, runs.get_batch(run_id, number)


def _look_at_once(run_id: str) -> SyncRun:
    """The run, which the next worker that has a lane looks at."""
    run = runs.get_run(run_id)
    jobs.put_due(due_job_of(run))
    return run


def _reason(text: str) -> str:
    """The reason as it stands in the history.

    Raises:
        InvalidInputError: there is none, or too much of it, or it is no single line.
    """
    said = text.strip()
    if not 0 < len(said) <= _MAX_REASON or not said.isprintable():
        message = _("Give a reason of one line, at most %(most)d characters") % {"most": _MAX_REASON}
        raise InvalidInputError(fields=[FieldError("reason", "required", message)])
    return said
