"""One request and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from govsync.client.answers import GovernmentAnswer


@dataclass(frozen=True)
class Exchange:
    """A request's digest, the answer's status (``None``: none came), how long it took, and what it means."""

    request_sha256: str
    status: int | None
    duration_ms: int
    answer: GovernmentAnswer
