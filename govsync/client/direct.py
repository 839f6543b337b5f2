"""Shape ``direct``: the answer to a batch decides on it, or says where the decision is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsync.client.calls import Caller
from govsync.client.listing import ask_for_page
from govsync.client.meaning import BATCH_ROWS
from govsync.client.port import MAX_PAGE_GRADES
from govsync.client.questions import BatchQuestion, Operation

if TYPE_CHECKING:
    from govsync.client.exchange import Exchange
    from govsync.domain.answers import BatchAnswer, PageAnswer
    from govsync.domain.batches import Batch


@dataclass(frozen=True)
class DirectGovernment:
    """The port for a government of this shape; a receipt is the path and query of a ``Location``."""

    caller: Caller

    def submit(self, batch: Batch, body: bytes, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """See ``Government.submit``."""
        target = f"{self.caller.base_path}/batches"
        question = BatchQuestion(Operation.SUBMIT, batch, school_id, term_id, self.caller.origin, target)
        return self.caller.send(question, body, BATCH_ROWS)

    def ask(self, batch: Batch, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """See ``Government.ask``."""
        target = batch.receipt or f"{self.caller.base_path}/batches/{batch.batch_id}"
        question = BatchQuestion(Operation.ASK, batch, school_id, term_id, self.caller.origin, target)
        return self.caller.ask(question, BATCH_ROWS, asked_of="ask")

    def list_held(
        self, *, school_id: str, term_id: str, cursor: str | None, limit: int = MAX_PAGE_GRADES
    ) -> Exchange[PageAnswer]:
        """See ``Government.list_held``."""
        return ask_for_page(self.caller, school_id=school_id, term_id=term_id, cursor=cursor, limit=limit)
