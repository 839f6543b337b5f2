"""What the government is asked, with all that its answer has to repeat."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from govsync.domain.batches import Batch


class Operation(StrEnum):
    """The requests there are in either shape, as ``docs/GOVERNMENT-API.md`` writes them."""

    SUBMIT = "POST /batches"
    ASK = "GET /batches/<batch id>"
    UPLOAD = "POST /uploads"
    RESULT = "GET /uploads/<upload_id>/result"
    FIND = "GET /uploads?batch_id=<batch id>"
    LIST = "GET /terms/<term>/schools/<school>/grades"


@dataclass(frozen=True)
class BatchQuestion:
    """A question about a batch, asked at the host ``origin`` under the path and query ``target``."""

    operation: Operation
    batch: Batch
    school_id: str
    term_id: str
    origin: str
    target: str


@dataclass(frozen=True)
class PageQuestion:
    """A question for a page of held grades."""

    school_id: str
    term_id: str
    cursor: str | None
    limit: int
    target: str
    operation: Operation = Operation.LIST
