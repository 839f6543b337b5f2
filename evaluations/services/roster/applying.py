"""Writing an import's plan, a part at a time; each part is one transaction, so a kill leaves it done or not begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock, memory
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.jobs.errors import JobMovedError
from edu.logs import get_logger
from evaluations.domain.roster_changes import ChangeKind
from evaluations.domain.roster_imports import ImportState
from evaluations.errors import RosterChangedError
from evaluations.repository import roster_imports, roster_records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.domain.roster import Record, Standing
    from evaluations.domain.roster_changes import Change
    from evaluations.domain.roster_imports import RosterImport

_log = get_logger(__name__)


def verify(record: RosterImport) -> RosterImport:
    """Make sure that all the plan touches stands as it was compared; else the import ends, and has written nothing.

    Raises:
        JobMovedError: another worker was faster.
    """
    for number in range(record.chunks):
        if not _stands_as_compared(roster_imports.get_chunk(record.import_id, number)):
            return finish(record, record.moved(ImportState.OUTDATED, clock.now()))
    checked = record.checked(clock.now())
    transaction = Transaction()
    roster_imports.put_import(transaction, checked, otherwise=JobMovedError)
    transaction.commit()
    return checked


def write_chunk(import_id: str, number: int) -> dict[str, int]:
    """Write one part of the plan, once: doing it again changes nothing, nor does a worker that comes after its end.

    Raises:
        JobMovedError: the import has ended, and may be undone by now.
        RosterChangedError: something stands there that the plan does not know. This part is not written.
    """
    changes = roster_imports.get_chunk(import_id, number)
    transaction = Transaction()
    roster_imports.require_state(transaction, import_id, ImportState.APPLYING, otherwise=JobMovedError)
    for change in changes:
        roster_records.add_change(transaction, change, import_id)
    try:
        transaction.commit()
    except ConditionFailedError as error:
        if not _is_written(changes, import_id):
            _log.error("roster changed under an import", import_id=import_id, chunk=number, records=len(error.failed))
            raise RosterChangedError from error
    return {"changes": len(changes)}


def finish(before: RosterImport, after: RosterImport) -> RosterImport:
    """Write how an import ended, and leave the roster to others.

    Raises:
        JobMovedError: another worker was faster.
    """
    transaction = Transaction()
    roster_imports.put_import(transaction, after, otherwise=JobMovedError)
    roster_imports.end_writing(transaction, before.import_id, otherwise=JobMovedError)
    transaction.commit()
    if after.state is ImportState.OUTDATED:
        roster_imports.delete_plan(before.import_id, before.chunks)
    memory.forget_everything()
    _log.info("import ended", import_id=after.import_id, state=str(after.state), chunks=after.chunks, kept=after.kept)
    return after


def _stands_as_compared(changes: Iterable[Change]) -> bool:
    compared = [change for change in changes if not change.is_of_the_past]
    standing = roster_records.find_standing(compared)
    return all(_seen(standing.get(change.name)) == (change.before, change.seen) for change in compared)


def _seen(standing: Standing | None) -> tuple[Record | None, str]:
    return (standing.record, standing.import_id) if standing else (None, "")


def _is_written(changes: Iterable[Change], import_id: str) -> bool:
    """Whether a part stands already: all of it does, or nothing."""
    ended, standing = roster_records.find_ended(changes, import_id), roster_records.find_standing(changes)
    return all(
        change.name in ended if change.kind is ChangeKind.ENDED else _seen(standing.get(change.name))[1] == import_id
        for change in changes
    )
