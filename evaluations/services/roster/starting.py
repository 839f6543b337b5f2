"""Committing an import: exactly what its preview showed, at once or after a person's approval."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from edu import audit, clock
from edu.dynamo.transactions import MAX_ACTIONS, Transaction
from edu.errors import ConflictError
from evaluations.domain.roster_imports import ImportState, RosterImport
from evaluations.errors import ImportRunningError, PreviewOutdatedError
from evaluations.repository import roster_imports, roster_records
from evaluations.services.roster import audit_trail
from evaluations.services.roster.previewing import preview_import

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edu.identity.principal import Principal
    from evaluations.domain.roster_changes import Change
    from evaluations.services.roster.previewing import ImportOptions, Preview


_ACTIONS = MAX_ACTIONS - 1  # writing a chunk looks at the import's state; undoing it notes what it left


class _TakenError(ConflictError):
    """Another import has taken the roster since it was read."""


def commit_import(*, actor: Principal, files: Mapping[str, bytes], options: ImportOptions, digest: str) -> RosterImport:
    """Start what a preview of these files showed: ``digest`` is that preview's. Held, or begun for others to go on.

    Nothing of the roster is written here: ``applying`` does that, in this process or in a worker.

    Raises:
        PreviewOutdatedError: it would do something else by now. Preview again.
        ImportRunningError: another import is being written. Commit again later.
        ForbiddenError, NotFoundError, ImportRefusedError: see ``preview_import``.
    """
    preview = preview_import(actor=actor, files=files, options=options)
    if preview.digest != digest:
        raise PreviewOutdatedError
    return start_import(actor=actor, preview=preview, hold=bool(preview.over))


def start_import(*, actor: Principal, preview: Preview, hold: bool) -> RosterImport:
    """Keep a preview's plan, and hold it, or take the roster for it.

    Raises:
        ImportRunningError: another import is being written.
        PreviewOutdatedError: another import was, after the preview.
    """
    now = clock.now()
    import_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    record = RosterImport(
        import_id=import_id,
        state=ImportState.HELD if hold else ImportState.APPLYING,
        digest=preview.digest,
        salt=audit.new_salt(),
        started_by=actor.subject,
        started_at=now,
        updated_at=now,
        chunks=roster_imports.put_plan(import_id, _chunks(preview.comparison.changes)),
        counts=preview.counts(),
        over=tuple(map(str, preview.over)),
    )
    transaction = Transaction()
    if not hold:
        roster_imports.begin_writing(transaction, import_id, otherwise=_TakenError, seen=preview.seen)
    roster_imports.put_import(transaction, record, otherwise=ConflictError)
    audit_trail.add_start(transaction, actor=actor, record=record)
    try:
        transaction.commit()
    except _TakenError as error:
        roster_imports.delete_plan(import_id, record.chunks)
        raise ImportRunningError if roster_imports.get_head().running else PreviewOutdatedError from error
    return record


def _chunks(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """The changes in parts that a transaction holds, each of one kind of record."""
    chunk: list[Change] = []
    actions = 0
    for change in changes:
        more = roster_records.actions_of(change)
        if chunk and (actions + more > _ACTIONS or chunk[0].name.entity is not change.name.entity):
            yield chunk
            chunk, actions = [], 0
        chunk.append(change)
        actions += more
    if chunk:
        yield chunk
