"""The base of every Celery task: it binds the logs, enters the school its message names, and leaves it again."""

from __future__ import annotations

import time
from contextvars import Context
from typing import TYPE_CHECKING, Any

from celery import Task
from structlog.contextvars import bind_contextvars

from edu.deadlines import check_deadline, start_deadline
from edu.envelopes import CORRELATION_HEADER
from edu.errors import InvalidInputError
from edu.logs import correlation_id, get_logger, start_correlation
from edu.queues import time_of
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Task = Task[..., Any]
else:
    _Task = Task

_log = get_logger(__name__)


def message_options(headers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What every message is sent with, also one whose task is only named (``app.send_task``).

    That is the sender's correlation id in a header beside ``headers``, and no readable copy of the arguments.
    """
    return {"headers": {**(headers or {}), CORRELATION_HEADER: correlation_id()}, "argsrepr": "", "kwargsrepr": ""}


class MissingSchoolError(InvalidInputError):
    """A message for a school's task names no school: it is refused, and after three deliveries dead-lettered."""

    code = "missing_school"


class LoggedTask(_Task):
    """Logs start and end with the correlation id of whoever sent the message. Arguments are never logged."""

    abstract = True
    acks_late = True
    max_retries = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's signature
        """Run the task once, in a context of its own: it inherits no scope, and leaves none to the thread's next."""
        return Context().run(self._run_logged, *args, **kwargs)

    def _run_logged(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's signature
        start_deadline(time_of(self.name))
        start_correlation(self._sent_correlation_id())
        bind_contextvars(task=self.name, task_id=self.request.id)
        started = time.perf_counter()
        try:
            result = self.enter_and_run(*args, **kwargs)
        except Exception as error:
            _log.exception("task failed", error=type(error).__name__)
            raise
        _log.info("task done", duration_ms=round((time.perf_counter() - started) * 1000, 1))
        return result

    def enter_and_run(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's signature
        """Run the body; subclasses enter their scope around it."""
        return self.run(*args, **kwargs)

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - Celery's signature
        """Send the message with the sender's correlation id in a header, and no readable copy of its arguments.

        Raises:
            DeadlinePassedError: sent by a task that has used up its time.
        """
        check_deadline()
        own = message_options(headers=options.pop("headers", None))
        return super().apply_async(args, kwargs, **(own | options))

    def _sent_correlation_id(self) -> str:
        return str(getattr(self.request, CORRELATION_HEADER, None) or self.request.id or "")


class SchoolTask(LoggedTask):
    """A task of one school, named by the keyword ``school_id`` of its message.

    The scope is left even when the body fails, so the next task of this worker starts without any (a worker must never
    run with the previous task's school).
    """

    abstract = True

    def enter_and_run(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's signature
        """Run the body in the message's school.

        Raises:
            MissingSchoolError: the message names none.
            InvalidSchoolIdError: it names one that cannot be.
        """
        if not kwargs.get("school_id"):
            raise MissingSchoolError("message without a school")
        with enter_school(kwargs["school_id"]):
            bind_contextvars(school_id=kwargs["school_id"])
            return self.run(*args, **kwargs)
