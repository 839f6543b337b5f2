"""What happened to a run, step by step: append-only, without personal data, each entry chained to the one before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class HistoryEntry:
    """``actor`` did ``event`` at ``at``, which made the run's ``version``.

    Of an exchange with the government: ``request_sha256`` (for a batch, its id), the answer's status (``None``: none
    came) and ``response_sha256``, how long it took, and a code in ``detail`` when it brought no decision.

    ``previous_sha256`` and ``sha256`` chain it (``govsync.domain.chain``); an entry from before there was a chain has
    none. ``salt`` is random: a batch of one grade could be guessed from its digest, and so from all that is made of it.
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
    response_sha256: str | None = None
    salt: str = field(default="", repr=False)
    previous_sha256: str = ""
    sha256: str = ""
