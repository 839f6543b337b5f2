"""Shape ``upload``: a batch is uploaded, and its result asked for under the upload's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

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
class UploadGovernment:
    """The port for a government of this shape; a receipt is an upload's id."""

    caller: Caller

    def submit(self, batch: Batch, body: bytes, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """See ``Government.submit``."""
        target = f"{self.caller.base_path}/uploads"
        question = BatchQuestion(Operation.UPLOAD, batch, school_id, term_id, self.caller.origin, target)
        return self.caller.send(question, body, BATCH_ROWS)

    def ask(self, batch: Batch, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """See ``Government.ask``. Without a receipt the upload is looked for, and found it is in progress."""
        uploads = f"{self.caller.base_path}/uploads"
        if batch.receipt:
            operation, target = Operation.RESULT, f"{uploads}/{quote(batch.receipt, safe='')}/result"
        else:
            operation, target = Operation.FIND, f"{uploads}?batch_id={batch.batch_id}"
        question = BatchQuestion(operation, batch, school_id, term_id, self.caller.origin, target)
        return self.caller.ask(question, BATCH_ROWS, asked_of="ask")

    def list_held(
        self, *, school_id: str, term_id: str, cursor: str | None, limit: int = MAX_PAGE_GRADES
    ) -> Exchange[PageAnswer]:
        """See ``Government.list_held``."""
        return ask_for_page(self.caller, school_id=school_id, term_id=term_id, cursor=cursor, limit=limit)
