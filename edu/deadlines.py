"""The time that a task has. A thread cannot be stopped from outside, so a task past its time may call nobody any more.

Celery's own limits do nothing under threads (celery/celery#9203). What takes long in a task of ours is calling out, and
every call has timeouts of its own; so it is enough that none begins after the deadline (ADR 0019).

A write that says when it was made may be sent for a moment only, whoever makes it: ``sent_by`` (ADR 0034).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from edu import clock
from edu.queues import TASK_TIME_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

NONE: Final = float("inf")
_ends_at: ContextVar[float] = ContextVar("edu_deadline", default=NONE)
_sent_by: ContextVar[datetime | None] = ContextVar("edu_sent_by", default=None)


class DeadlinePassedError(Exception):
    """The task has used up its time; it fails, and its message is delivered again.

    No ``LibretaError``: what goes on after one of those (the next section, another question) must not after this.
    """


class TooLateToSendError(Exception):
    """The call was to be sent by an instant that has passed; attempts before that may have arrived."""


def start_deadline(seconds: float = TASK_TIME_S) -> None:
    """Let everything from here on, in this context, end within so many seconds."""
    _ends_at.set(time.monotonic() + seconds)


@contextmanager
def sent_by(latest: datetime | None) -> Iterator[None]:
    """Let no attempt of a call inside the block be sent after an instant, by the clock of which the instant is.

    ``None``: at any time.

    Raises:
        TooLateToSendError: one would have been.
    """
    token = _sent_by.set(latest)
    try:
        yield
    finally:
        _sent_by.reset(token)


def check_deadline(**_: Any) -> None:  # noqa: ANN401 - botocore's handlers get keywords
    """Look at the time, before each attempt of a call. Does nothing where no deadline was set.

    Raises:
        DeadlinePassedError: the task's is past.
        TooLateToSendError: see ``sent_by``.
    """
    if time.monotonic() > _ends_at.get():
        raise DeadlinePassedError
    latest = _sent_by.get()
    if latest is not None and clock.now() > latest:
        raise TooLateToSendError
