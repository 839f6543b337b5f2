"""Sending events to SQS, as one Celery message for each request.

The task is named, not imported: neither its services nor the table belong to the door's process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from behavior.domain import STORE_EVENTS, as_message
from behavior.door.threads import BoundedThreads
from behavior.errors import QueueUnavailableError
from edu.celery import app
from edu.http.errors import BusyError
from edu.logs import get_logger
from edu.tasks import message_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from behavior.domain import Event

SEND_THREADS = 8  # fewer than Celery's pool of ten connections
MOST_WAITING = 500
SEND_TIMEOUT_S = 10.0
_log = get_logger(__name__)


class Publisher:
    """Sends messages from a few threads, so that the event loop does not wait for SQS."""

    def __init__(self) -> None:
        self._threads = BoundedThreads(name="publisher", threads=SEND_THREADS, waiting=MOST_WAITING)

    async def publish(self, *, school_id: str, student_id: str, events: Sequence[Event]) -> None:
        """Return once SQS holds the events.

        Raises:
            BusyError: too many requests are waiting; nothing was sent.
            QueueUnavailableError: SQS did not say so in time. It may hold them all the same: a repeat is harmless.
        """
        sent = [as_message(one) for one in events]
        kwargs: dict[str, object] = {"school_id": school_id, "student_id": student_id, "events": sent}
        try:
            await self._threads.run(lambda: _send(kwargs), timeout_s=SEND_TIMEOUT_S)
        except BusyError:
            raise
        except Exception as error:  # whatever it was, the events are not known to be safe
            _log.exception("events not sent", error=type(error).__name__, events=len(events))
            raise QueueUnavailableError from error

    def close(self) -> None:
        """Wait for what is being sent. Blocks."""
        self._threads.close()


def _send(kwargs: dict[str, object]) -> None:
    """Send the message that the task itself would send; once, since the device is told at once when it fails."""
    app.send_task(STORE_EVENTS, kwargs=kwargs, **message_options(), ignore_result=True, retry=False)
