"""The one way in which a run and its batches change.

Every change is an event of the table in ``govsync.domain.states``, and one transaction: the run's next version, its
history entry, the batches, and what else belongs to it. Nobody else writes a run or a batch.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.logs import correlation_id, get_logger
from edu.tenancy import current_school_id
from govsync.domain.chain import chain_start, chained
from govsync.domain.history import HistoryEntry
from govsync.domain.states import BatchState, RunState, check_transition
from govsync.repository import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edu.dynamo.transactions import Transaction
    from govsync.client import Exchange
    from govsync.domain.answers import BatchAnswer, PageAnswer
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun

_log = get_logger(__name__)
# Events that name the batch's own id, which is the digest of the bytes that are sent.
_NAMES_BATCH_ID = frozenset({BatchState.PREPARED, BatchState.SENDING})


def start(run: SyncRun) -> None:
    """Write a new run.

    Raises:
        RunMovedError: it is there already.
        TransitionError: it is not at its beginning.
    """
    check_transition("run.started", before=None, after=run.state, batch=None)
    entry = _entry(run, "run.started", actor=run.started_by, batch=None, exchange=None, detail="")
    runs.stage(replace(run, history_sha256=entry.sha256), entry).commit()


def move(
    run: SyncRun,
    to: RunState,
    event: str,
    *,
    actor: str,
    batch: Batch | None = None,
    added: Sequence[Batch] = (),
    exchange: Exchange[BatchAnswer] | Exchange[PageAnswer] | None = None,
    detail: str = "",
    also: Callable[[Transaction], object] | None = None,
    **changes: Any,  # noqa: ANN401 - any of the run's fields
) -> SyncRun:
    """Move a run one version on, and return it as it then stands.

    ``batch`` is the one the event is about, in its new state; ``added`` are batches made of it, or taken up again.
    ``exchange`` and ``detail`` go into the history entry. ``also`` puts more actions into the transaction. ``changes``
    are of the run's own fields.

    Raises:
        RunMovedError: another worker moved the run first; nothing was written.
        TransitionError: the table has no such event from these states, which is a bug; nothing was written.
        ConditionFailedError: a condition that ``also`` added did not hold; nothing was written.
        StoreUnavailableError: the outcome is unknown; look at the run again.
    """
    if exchange is not None:
        changes |= {"exchanges": run.exchanges + 1, "exchange_ms": run.exchange_ms + exchange.duration_ms}
    after = run.moved(to, **changes)
    check_transition(event, before=run.state, after=to, batch=batch.state if batch else None)
    entry = _entry(after, event, actor=actor, batch=batch, exchange=exchange, detail=detail)
    after = replace(after, history_sha256=entry.sha256)
    transaction = runs.stage(after, entry, [*([batch] if batch else []), *added])
    if also is not None:
        also(transaction)
    transaction.commit()
    _log.info("sync moved", run_id=after.run_id, step=event, version=after.version)
    return after


def _entry(
    run: SyncRun,
    event: str,
    *,
    actor: str,
    batch: Batch | None,
    exchange: Exchange[BatchAnswer] | Exchange[PageAnswer] | None,
    detail: str,
) -> HistoryEntry:
    request_sha256 = exchange.request_sha256 if exchange else None
    if batch and exchange is None and batch.state in _NAMES_BATCH_ID:
        request_sha256 = batch.batch_id
    entry = HistoryEntry(
        at=clock.now(),
        version=run.version,
        actor=actor,
        event=event,
        state=str(run.state),
        batch_number=batch.number if batch else None,
        request_sha256=request_sha256,
        response_status=exchange.status if exchange else None,
        duration_ms=exchange.duration_ms if exchange else None,
        detail=detail,
        correlation_id=correlation_id(),
        response_sha256=exchange.response_sha256 if exchange else None,
        salt=secrets.token_hex(16),
    )
    return chained(entry, run.history_sha256 or chain_start(school_id=current_school_id(), run_id=run.run_id))
