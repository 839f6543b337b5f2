"""What can go wrong in a sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu.errors import ConflictError, LibretaError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from datetime import datetime


class RunNotFoundError(NotFoundError):
    """This school has no such run."""

    code = "sync_run_not_found"


class UnfinishedRunError(ConflictError):
    """The term's previous run has not ended: two runs at once would send the same grades."""

    code = "sync_run_unfinished"
    title = _("The previous sync of this term has not ended yet")


class RunMovedError(ConflictError):
    """Another worker moved the run first; whoever sees this stops, and has changed nothing."""

    code = "sync_run_moved"


class BatchAlteredError(LibretaError):
    """A stored batch no longer has the digest it was prepared with: it is not sent."""

    code = "sync_batch_altered"


class SlotBusyError(UnavailableError):
    """Every slot of the government's rate limit is held; at ``until`` at the latest one is free."""

    code = "sync_slot_busy"

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class PausedError(SlotBusyError):
    """The government asked for a pause, and nobody may call it before ``until``."""

    code = "sync_paused"
