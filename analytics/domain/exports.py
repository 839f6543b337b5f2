"""An export of a whole school: ordered, made by a worker, kept for a week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

KEPT_FOR: Final = timedelta(days=7)
# Three deliveries of its message with their visibility timeouts, and a while in the queue: nobody makes it any more.
STALLED_AFTER: Final = timedelta(hours=3)
STALLED: Final = "export_stalled"


class ExportState(StrEnum):
    """What has become of an export. ``expired``: it was ready for a week. ``erased``: it held what had to be erased."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    ERASED = "erased"


STATES: Final = tuple(map(str, ExportState))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolExport:
    """An export as it stands. ``version`` guards every write; ``done`` of ``total`` steps are made.

    ``sha256`` and ``size_bytes`` are the finished zip's. ``error_code``: why it failed. ``ordered_as``: the role of who
    ordered it, under whose rights it is made.
    """

    export_id: str
    state: ExportState
    version: int
    salt: str
    ordered_by: str
    ordered_as: str
    ordered_at: datetime
    updated_at: datetime
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    size_bytes: int = 0
    sha256: str = ""
    error_code: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody is to make it."""
        return self.state in {ExportState.QUEUED, ExportState.RUNNING}

    @property
    def kept_until(self) -> datetime | None:
        """Until when its zip is kept; ``None`` for one that has none."""
        return self.finished_at + KEPT_FOR if self.finished_at and self.state is ExportState.READY else None

    def is_stalled(self, now: datetime) -> bool:
        """Whether it should have moved long ago."""
        return self.is_open and now - self.updated_at > STALLED_AFTER

    def seen_at(self, now: datetime) -> Self:
        """As readers are told: a zip is kept for a week, and what nobody moves any more has failed."""
        if self.kept_until is not None and self.kept_until <= now:
            return replace(self, state=ExportState.EXPIRED)
        if self.is_stalled(now):
            return replace(self, state=ExportState.FAILED, error_code=STALLED)
        return self

    def progressed(self, done: int, total: int, at: datetime) -> Self:
        """So many of so many steps are made."""
        return self._next(ExportState.RUNNING, at, done=done, total=total)

    def ready(self, *, size_bytes: int, sha256: str, at: datetime) -> Self:
        """Its zip stands."""
        done = {"done": self.total, "size_bytes": size_bytes, "sha256": sha256, "finished_at": at}
        return self._next(ExportState.READY, at, **done)

    def failed(self, code: str, at: datetime) -> Self:
        """It will not be made."""
        return self._next(ExportState.FAILED, at, error_code=code)

    def erased(self, at: datetime) -> Self:
        """Its zip was taken away."""
        return self._next(ExportState.ERASED, at)

    def _next(self, state: ExportState, at: datetime, **changes: object) -> Self:
        said: dict[str, object] = {"state": state, "updated_at": at, "version": self.version + 1, **changes}
        return replace(self, **said)  # type: ignore[arg-type]  # fields of its own
