"""The time that a task has. A thread cannot be stopped from outside, so a task past its time may call nobody any more.

Celery's own limits do nothing under threads (celery/celery#9203). What takes long in a task of ours is calling out, and
every call has timeouts of its own; so it is enough that none begins after the deadline (ADR 0019).
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any, Final

from edu.queues import TASK_TIME_S

NONE: Final = float("inf")
_ends_at: ContextVar[float] = ContextVar("edu_deadline", default=NONE)


class DeadlinePassedError(Exception):
    """The task has used up its time; it fails, and its message is delivered again.

    No ``LibretaError``: what goes on after one of those (the next section, another question) must not after this.
    """


def start_deadline(seconds: float = TASK_TIME_S) -> None:
    """Let everything from here on, in this context, end within so many seconds."""
    _ends_at.set(time.monotonic() + seconds)


def check_deadline(**_: Any) -> None:  # noqa: ANN401 - botocore's handlers get keywords
    """Raise DeadlinePassedError past it. Does nothing where no deadline was set, as in a request."""
    if time.monotonic() > _ends_at.get():
        raise DeadlinePassedError
