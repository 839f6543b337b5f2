"""What a person has to look at: one error in the log, with the metric that alarms (``SyncNeedsReview``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.logs import get_logger
from edu.metrics import COUNT, embedded

if TYPE_CHECKING:
    from govsync.domain.runs import SyncRun

_log = get_logger(__name__)


def tell_person(event: str, run: SyncRun, **about: str | int) -> None:
    """Say of a run what has happened to it; ``about`` are codes, counts and numbers of batches."""
    _log.error(event, run_id=run.run_id, **about, **embedded("SyncNeedsReview", 1, COUNT))
