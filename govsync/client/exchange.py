"""One request and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from govsync.domain.answers import BatchAnswer, PageAnswer

Answer = TypeVar("Answer", BatchAnswer, PageAnswer)
AskedOf: TypeAlias = Literal["submit", "ask", "list"]


@dataclass(frozen=True)
class Exchange(Generic[Answer]):
    """A request's digest, the answer's status (``None``: none came), how long it took, and what it means.

    ``request_sha256``: of a batch that was sent, its id; of a question, the digest of its method and target.
    ``response_sha256``: of the answer's body, as it was read whole; ``None`` when it was not.
    """

    request_sha256: str
    status: int | None
    duration_ms: int
    answer: Answer
    response_sha256: str | None
    asked_of: AskedOf
