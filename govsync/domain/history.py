"""What happened to a run, step by step: append-only, and without personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class HistoryEntry:
    """``actor`` did ``event`` at ``at``, which made the run's ``version``.

    Of an exchange with the government: ``request_sha256`` (for a batch, its id), the answer's status (``None``: none
    came), how long it took, and a code in ``detail`` when it brought no decision.
    """

    at: datetime
    version: int
    actor: str
    event: str
    state: str
    batch_number: int | None = None
    request_sha256: str | None = None
    response_status: int | None = None
    duration_ms: int | None = None
    detail: str = ""
    correlation_id: str = ""
