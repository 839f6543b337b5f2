"""An export of the school in scope: ordered by a person, looked at, and taken away when it has to be."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from analytics.domain.exports import STALLED, ExportState, SchoolExport
from analytics.errors import ExportRunningError
from analytics.lake import layout, store
from analytics.permissions import EXPORT_SCHOOL
from analytics.repository import exports
from analytics.services.exporting import audit_trail
from edu import audit, clock
from edu.aws.task_messages import TaskNotSentError, send_task
from edu.dynamo.transactions import Transaction
from edu.identity.capabilities import require
from edu.queues import ANALYTICS
from edu.tenancy import current_school_id, enter_lake

TASK: Final = "analytics.export_school"

if TYPE_CHECKING:
    from datetime import datetime

    from edu.dynamo.pages import Page
    from edu.idempotency import Reply
    from edu.identity.principal import Principal


def order_export(*, actor: Principal, reply: Reply[SchoolExport] | None = None) -> SchoolExport:
    """Order one, and send the message by which a worker makes it.

    Raises:
        ForbiddenError: the actor may not.
        ExportRunningError: one is being made.
        TaskNotSentError: nobody would make it, so it has failed. Order another.
        IdempotentReplay, KeyReusedError: see ``edu.idempotency``.
    """
    require(actor, EXPORT_SCHOOL)
    now = clock.now()
    stalled = _stalled(now)
    export = new_export(actor, now)
    transaction = Transaction()
    if reply:
        reply.remember(transaction, export)
    exports.add_first(transaction, export, after=stalled)
    audit_trail.add_order(transaction, actor=actor, export=export)
    transaction.commit()
    try:
        send_task(ANALYTICS, TASK, school_id=current_school_id(), export_id=export.export_id)
    except TaskNotSentError as error:
        _give_up(actor, export, error.code)
        raise
    return export


def _give_up(actor: Principal, export: SchoolExport, code: str) -> None:
    after = export.failed(code, clock.now())
    transaction = Transaction()
    exports.add_closing(transaction, after)
    audit_trail.add_end(transaction, actor=actor, before=export, after=after)
    transaction.commit()


def new_export(actor: Principal, now: datetime) -> SchoolExport:
    """An export as it is when it was just ordered."""
    return SchoolExport(
        export_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
        state=ExportState.QUEUED,
        version=1,
        salt=audit.new_salt(),
        ordered_by=actor.subject,
        ordered_as=str(actor.role),
        ordered_at=now,
        updated_at=now,
    )


def get_export(*, actor: Principal, export_id: str) -> SchoolExport:
    """An export as it is now. ``ForbiddenError``, ``ExportNotFoundError``."""
    require(actor, EXPORT_SCHOOL)
    return exports.get_export(export_id).seen_at(clock.now())


def list_exports(*, actor: Principal, cursor: str | None = None, limit: int = 50) -> Page[SchoolExport]:
    """The school's exports, the last first.

    Raises:
        ForbiddenError: the actor may not.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    require(actor, EXPORT_SCHOOL)
    now = clock.now()
    return exports.list_exports(cursor=cursor, limit=limit).map(lambda export: export.seen_at(now))


def erase_exports(*, actor: Principal) -> int:
    """Take every zip of the school in scope away, and stop the one that is being made; how many there were. Idempotent.

    For who erases somebody: every export holds everybody. Enters the lake's scope. The bucket keeps what was deleted
    for one day more.

    Raises:
        ForbiddenError: the actor may not.
        ExportMovedError: the one that is being made moved on at this moment; erase again.
        StoreUnavailableError: what is left is erased by the next call.
    """
    require(actor, EXPORT_SCHOOL)
    erased, cursor = 0, None
    while True:
        page = exports.list_exports(cursor=cursor)
        for export in page.items:
            if export.is_open or export.state is ExportState.READY:
                _erase(actor, export)
                erased += 1
        cursor = page.cursor
        if cursor is None:
            break
    with enter_lake():
        store.delete_objects([found.key for found in store.list_folder(layout.exports_folder())])
    return erased


def _erase(actor: Principal, export: SchoolExport) -> None:
    erased = export.erased(clock.now())
    transaction = Transaction()
    if export.is_open:
        exports.add_closing(transaction, erased)
    else:
        exports.add_next(transaction, erased)
    audit_trail.add_erasure(transaction, actor=actor, before=export, after=erased)
    transaction.commit()


def _stalled(now: datetime) -> SchoolExport | None:
    """The open export that nobody moves any more, closed; ``None`` where there is none at all.

    Raises:
        ExportRunningError: there is one, and it moves.
    """
    open_id = exports.find_open()
    if not open_id:
        return None
    export = exports.get_export(open_id)
    if not export.is_stalled(now):
        raise ExportRunningError
    return export.failed(STALLED, now)
