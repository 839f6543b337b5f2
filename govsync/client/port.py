"""The government as the services see it, whichever shape its API has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from govsync.client.exchange import Exchange
    from govsync.domain.answers import BatchAnswer, PageAnswer
    from govsync.domain.batches import Batch

MAX_PAGE_GRADES: Final = 500


class Government(Protocol):
    """One question is one request on a connection of its own. Thread-safe.

    What comes back is always an ``Exchange``: whatever the other side does, nothing is raised for it. Whoever calls
    holds a lane of the line.
    """

    def submit(self, batch: Batch, body: bytes, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """Send a batch. Idempotent at the government by batch id, where it keeps its word.

        Raises:
            BatchAlteredError: ``body`` is not what the batch's id was made from; nothing was sent.
        """

    def ask(self, batch: Batch, *, school_id: str, term_id: str) -> Exchange[BatchAnswer]:
        """Ask what became of a batch, with the receipt it was given, if any. A failed question is ``Unknown``."""

    def list_held(
        self, *, school_id: str, term_id: str, cursor: str | None, limit: int = MAX_PAGE_GRADES
    ) -> Exchange[PageAnswer]:
        """A page of the grades the government holds; ``cursor`` as the page before gave it, ``None`` for the first.

        Raises:
            ValueError: ``limit`` is not 1 to 500.
        """
