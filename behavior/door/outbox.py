"""Handing events to SQS, as one Celery message for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behavior.domain import as_message
from behavior.door.workers import BoundedThreads
from behavior.errors import DoorBusyError, QueueUnavailableError
from behavior.tasks import store_events
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from behavior.domain import Event

SEND_THREADS = 8  # fewer than Celery's pool of ten connections
MOST_WAITING = 500
SEND_TIMEOUT_S = 10.0
_log = get_logger(__name__)


class Outbox:
    """What stands between the door and the queue."""

    def __init__(self) -> None:
        self._threads = BoundedThreads(name="outbox", threads=SEND_THREADS, waiting=MOST_WAITING)

    async def put(self, *, school_id: str, student_id: str, events: Sequence[Event]) -> None:
        """Return once SQS holds the events.

        Raises:
            DoorBusyError: too many requests are waiting; nothing was sent.
            QueueUnavailableError: SQS did not say so in time. It may hold them all the same: a repeat is harmless.
        """
        kwargs = {"school_id": school_id, "student_id": student_id, "events": [as_message(one) for one in events]}
        try:
            await self._threads.run(
                lambda: store_events.apply_async(kwargs=kwargs, retry=False), timeout_s=SEND_TIMEOUT_S
            )
        except DoorBusyError:
            raise
        except Exception as error:  # whatever it was, the events are not known to be safe
            _log.exception("events not sent", error=type(error).__name__, events=len(events))
            raise QueueUnavailableError from error

    def close(self) -> None:
        """Wait for what is being sent. Blocks."""
        self._threads.close()
