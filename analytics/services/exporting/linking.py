"""An address under which an export can be taken, for some minutes, by whoever has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from analytics.domain.exports import ExportState, SchoolExport
from analytics.errors import ExportNotReadyError
from analytics.lake import store
from analytics.permissions import EXPORT_SCHOOL
from analytics.repository import exports
from analytics.services.exporting import audit_trail
from analytics.services.exporting.places import CONTENT_TYPE, key_of
from edu import clock
from edu.dynamo.transactions import Transaction
from edu.identity.capabilities import require
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from edu.identity.principal import Principal

LINK_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class ExportLink:
    """Where an export can be taken until ``expires_at``, and under which name it is kept."""

    url: str
    expires_at: datetime
    file_name: str
    export: SchoolExport


def get_link(*, actor: Principal, export_id: str) -> ExportLink:
    """A link to a finished export, signed with the school's own credentials; that it was given out is audited first.

    Raises:
        ForbiddenError: the actor may not.
        ExportNotFoundError: the school has no such export.
        ExportNotReadyError: there is no zip of it, or no longer.
    """
    require(actor, EXPORT_SCHOOL)
    now = clock.now()
    export = exports.get_export(export_id)
    if export.seen_at(now).state is not ExportState.READY:
        raise ExportNotReadyError
    transaction = Transaction()
    exports.require_version(transaction, export)
    audit_trail.add_link(transaction, actor=actor, export=export)
    transaction.commit()
    file_name = f"{current_school_id()}-{export_id}.zip"
    url = store.link_to(
        key_of(export_id, export.sha256),
        file_name=file_name,
        content_type=CONTENT_TYPE,
        seconds=int(LINK_LASTS.total_seconds()),
    )
    return ExportLink(url, now + LINK_LASTS, file_name, export)
