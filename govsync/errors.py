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


class ReviewError(ConflictError):
    """The run or batch is not where this can be done to it: not parked, not ended, or nothing is left to mend."""

    code = "sync_not_reviewable"
    title = _("Nothing of this kind waits for a person in this sync")


class LineClosedError(UnavailableError):
    """The line to the government is paused, broken or refused: nothing may be sent before ``until``."""

    code = "sync_line_closed"

    def __init__(self, until: datetime, cause: str) -> None:
        super().__init__(cause)
        self.until, self.cause = until, cause


class LaneLostError(UnavailableError):
    """The worker could not renew its right to send in time: nothing was sent, and somebody else may do so now."""

    code = "sync_lane_lost"


class RunOpenError(ConflictError):
    """The run has not ended: what it certifies is not known yet."""

    code = "sync_run_open"


class HistoryAlteredError(LibretaError):
    """A run's history is not the one that was written; nothing is certified of it."""

    code = "sync_history_altered"


class ManifestAlteredError(LibretaError):
    """The grades kept for a run are not those it ended with: lost, changed, or from before they were kept."""

    code = "sync_manifest_altered"


class GradeNotCertifiedError(NotFoundError):
    """The run certifies no such grade."""

    code = "sync_grade_not_certified"
