"""How the sync's commands write a run, a step, a difference and the board: one line each, of ids, counts and times.

What the government said is written so that it cannot pass for a line of ours, whatever characters it is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.texts import visible

if TYPE_CHECKING:
    from datetime import datetime

    from govsync.domain.batches import Batch
    from govsync.domain.history import HistoryEntry
    from govsync.domain.reconciliation import Difference
    from govsync.domain.runs import SyncRun
    from govsync.services import BoardLine, PendingCount


def line_of_run(school_id: str, run: SyncRun) -> str:
    """Where a run stands."""
    counts = f"batches={run.batches} accepted={run.accepted} rejected={run.rejected} differences={run.differences}"
    waits = f" parked={len(run.parked_batches)} reason={visible(run.reason)}" if run.reason else ""
    later = f" later={run.later}" if run.later else ""
    return f"{school_id} {run.run_id} {run.state} {counts}{later}{waits} deadline={_minute(run.deadline_at)}"


def line_of_pending(school_id: str, pending: PendingCount) -> str:
    """How many grades of a term the government has not acknowledged."""
    return f"{school_id} {pending.term_id} pending={pending}"


def line_of_batch(batch: Batch) -> str:
    """A batch that waits for a person."""
    proposed = f" skip_proposed_by={visible(batch.proposed_by)}" if batch.proposed_by else ""
    whose = " waits_for=person" if batch.is_persons else ""
    return f"parked: batch={batch.number} grades={len(batch.grades)} reason={visible(batch.reason)}{whose}{proposed}"


def line_of_difference(found: Difference) -> str:
    """A grade on which the two sides do not agree."""
    versions = f"ours {found.our_version or '-'}, theirs {found.their_version or '-'}"
    return f"differs: {found.evaluation_id} {found.student_id} {found.kind} {visible(found.reason)} ({versions})"


def line_of_step(entry: HistoryEntry) -> str:
    """A step of a run's history."""
    batch = f" batch={entry.batch_number}" if entry.batch_number else ""
    answer = f" status={entry.response_status or '-'} {entry.duration_ms}ms" if entry.duration_ms is not None else ""
    detail = f" {visible(entry.detail)}" if entry.detail else ""
    return f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ} {entry.event}{batch}{answer}{detail} by {visible(entry.actor)}"


def line_on_board(line: BoardLine) -> str:
    """An open run against its deadline."""
    eta = _minute(line.eta_at) if line.eta_at else "-"
    return (
        f"{line.risk} {line.school_id} {line.run_id} {line.state} batches_left={line.batches_left} "
        f"eta={eta} deadline={_minute(line.deadline_at)} reason={visible(line.reason) or '-'}"
    )


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%MZ}"
