"""What a person decides about an import: a held one is approved or discarded, a written one undone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo.transactions import Transaction
from edu.identity.capabilities import require
from evaluations.domain.roster_imports import ImportState
from evaluations.errors import ImportDecidedError, ImportRunningError, ImportTooOldError, PreviewOutdatedError
from evaluations.permissions import IMPORT_ROSTER
from evaluations.repository import roster_imports
from evaluations.services import inputs
from evaluations.services.roster import audit_trail

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from evaluations.domain.roster_imports import RosterImport

_EXPIRING = timedelta(days=1)  # a plan's parts go one by one, on the day they expire


def approve_import(*, actor: Principal, import_id: str, digest: str) -> RosterImport:
    """Let a held import be written, if nothing changed where it would: the first step of writing looks at that.

    Raises:
        ForbiddenError: the actor may not.
        ImportNotFoundError: the school has no such import.
        PreviewOutdatedError: ``digest`` is not the held import's.
        ImportDecidedError: it is not held, or not any more.
        ImportRunningError: another import is being written; approve again later.
        ImportTooOldError: its plan is no longer kept.
    """
    require(actor, IMPORT_ROSTER)
    held = roster_imports.get_import(import_id)
    _require_state(held, ImportState.HELD)
    if held.digest != digest:
        raise PreviewOutdatedError
    return _begin(actor, held, ImportState.APPLYING)


def discard_import(*, actor: Principal, import_id: str, reason: str = "") -> RosterImport:
    """Give up a held import; its plan is taken away. Same errors as ``approve_import``; ``InvalidInputError``."""
    require(actor, IMPORT_ROSTER)
    held = roster_imports.get_import(import_id)
    _require_state(held, ImportState.HELD)
    discarded = held.moved(ImportState.DISCARDED, clock.now(), by=actor.subject)
    transaction = Transaction()
    _decide(transaction, actor, held, discarded, inputs.checked_reason(reason))
    transaction.commit()
    roster_imports.delete_plan(import_id, held.chunks)
    return discarded


def undo_import(*, actor: Principal, import_id: str, reason: str) -> RosterImport:
    """Have what an import wrote put back as it was, but for what was changed or used since.

    Raises:
        InvalidInputError: there is no reason, or it is no short line.
        ForbiddenError, ImportNotFoundError, ImportDecidedError, ImportRunningError, ImportTooOldError: see
            ``approve_import``.
    """
    require(actor, IMPORT_ROSTER)
    if not inputs.checked_reason(reason):
        raise inputs.missing_reason()
    written = roster_imports.get_import(import_id)
    _require_state(written, ImportState.APPLIED)
    return _begin(actor, written, ImportState.UNDOING, reason)


def _begin(actor: Principal, before: RosterImport, state: ImportState, reason: str = "") -> RosterImport:
    """Take the roster for the import; a worker goes on with it if this process does not."""
    if before.started_at + roster_imports.KEPT_FOR - _EXPIRING < clock.now():
        raise ImportTooOldError
    after = before.moved(state, clock.now(), by=actor.subject, verified=state is not ImportState.APPLYING)
    transaction = Transaction()
    _decide(transaction, actor, before, after, reason)
    roster_imports.begin_writing(transaction, before.import_id, otherwise=ImportRunningError)
    transaction.commit()
    return after


def _decide(transaction: Transaction, actor: Principal, before: RosterImport, after: RosterImport, reason: str) -> None:
    roster_imports.put_import(transaction, after, otherwise=ImportDecidedError)
    audit_trail.add_decision(transaction, actor=actor, before=before, after=after, reason=reason)


def _require_state(record: RosterImport, state: ImportState) -> None:
    if record.state is not state:
        raise ImportDecidedError
