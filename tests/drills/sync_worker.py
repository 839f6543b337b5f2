"""One process of the sync drill: ``manage.py advance_syncs`` with a clock that is ahead, or wrong on purpose.

    python -m tests.drills.sync_worker <seconds its clock is ahead> [<plant>]

The drill must find each plant (``--plant``).
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - settings and apps come first

from edu import clock  # noqa: E402 - the same
from govsync.client.calls import Caller  # noqa: E402 - the same
from govsync.client.transport import Request  # noqa: E402 - the same
from govsync.domain.answers import Decided  # noqa: E402 - the same
from govsync.domain.lanes import LANES, LaneLease  # noqa: E402 - the same
from govsync.domain.states import BatchState  # noqa: E402 - the same
from govsync.repository import line  # noqa: E402 - the same
from govsync.services import outcomes, sending  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edu.jobs.domain import StepResult
    from govsync.client.exchange import Exchange
    from govsync.client.meaning import Row
    from govsync.client.questions import BatchQuestion
    from govsync.domain.answers import BatchAnswer
    from govsync.domain.batches import Batch
    from govsync.domain.outcomes import Outcome
    from govsync.services.outcomes import BatchExchange


def _resend_on_doubt() -> None:
    """What may have taken effect is sent again without asking."""
    right = outcomes.outcome_of  # type: ignore[attr-defined] # imported there

    def resending(batch: Batch, answer: BatchAnswer, now: datetime) -> Outcome:
        outcome = right(batch, answer, now)
        if batch.state is not BatchState.SENDING or outcome.batch.state is not BatchState.UNKNOWN:
            return outcome
        return replace(outcome, batch=replace(outcome.batch, state=BatchState.WAITING))

    outcomes.outcome_of = resending  # type: ignore[attr-defined] # imported there


def _new_batch_id_on_retry() -> None:
    """A batch gets another id for each try: asked about, the government has never heard of it."""
    right = outcomes.outcome_of  # type: ignore[attr-defined] # imported there

    def renaming(batch: Batch, answer: BatchAnswer, now: datetime) -> Outcome:
        outcome = right(batch, answer, now)
        if outcome.batch.attempt == batch.attempt:
            return outcome
        batch_id = hashlib.sha256(batch.batch_id.encode()).hexdigest()
        return replace(outcome, batch=replace(outcome.batch, batch_id=batch_id))

    def send(
        self: Caller, question: BatchQuestion, body: bytes, rows: Sequence[Row[BatchQuestion, BatchAnswer]]
    ) -> Exchange[BatchAnswer]:
        batch_id = question.batch.batch_id
        headers = {"Idempotency-Key": batch_id, "Content-Type": "application/json"}
        return self._call(question, Request("POST", question.target, headers, body), rows, (batch_id, "submit"))

    outcomes.outcome_of = renaming  # type: ignore[attr-defined] # imported there
    Caller.send = send  # type: ignore[assignment,method-assign]


def _limiter_in_memory() -> None:
    """Each process has both lanes, in a table of its own."""
    lanes = {name: LaneLease(name) for name in LANES}

    def put(lease: LaneLease, owner: str, beat: int) -> bool:
        lanes[lease.name] = LaneLease(lease.name, owner, beat)
        return True

    line.list_lanes = lambda: list(lanes.values())
    line.take_lane = lambda seen, owner, *, beat: put(seen, owner, beat)
    line.renew_lane = lambda lease, *, beat: put(lease, lease.owner, beat)
    line.give_lane = lambda lease, *, beat: put(lease, "", beat)


def _synced_before_the_answer() -> None:
    """What was sent counts as accepted, whatever is answered."""
    right = sending.apply_answer  # type: ignore[attr-defined] # imported there

    def hasty(done: BatchExchange) -> StepResult:
        if done.batch.state is not BatchState.SENDING:
            return right(done)
        accepted: Any = Decided(frozenset(grade.key for grade in done.batch.grades), {})
        return right(replace(done, exchange=replace(done.exchange, answer=accepted)))

    sending.apply_answer = hasty  # type: ignore[attr-defined] # imported there


PLANTS: Mapping[str, Callable[[], None]] = {
    "resend-on-doubt": _resend_on_doubt,
    "new-batch-id-on-retry": _new_batch_id_on_retry,
    "limiter-in-memory": _limiter_in_memory,
    "synced-before-the-answer": _synced_before_the_answer,
}


def main(ahead_s: str, plant: str = "") -> None:
    """Drive until told to stop."""
    clock.now = lambda: datetime.now(UTC) + timedelta(seconds=float(ahead_s))
    if plant:
        PLANTS[plant]()
    call_command("advance_syncs")


if __name__ == "__main__":
    main(*sys.argv[1:])
