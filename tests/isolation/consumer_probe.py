"""The events' consumer, as ``manage.py consume_events``, for a process that is looked at from outside.

After each batch, whatever became of it, it tells whose scope it is in. A part of ``FAILING_STUDENT`` fails in its
school, with an error that leaves the school's block. ``LIBRETA_TEST_HOLE`` plants a hole: a consumer whose batches keep
the school of the one before.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - settings and apps come first

from behavior.consumer import lane  # noqa: E402 - the same
from behavior.services import storing  # noqa: E402 - the same
from edu import tenancy  # noqa: E402 - the same
from edu.dynamo.errors import AccessDeniedError  # noqa: E402 - the same
from edu.queues import BEHAVIOR  # noqa: E402 - the same
from tests.isolation.workers_probe import FAILING_STUDENT, HOLE, KEEPS_SCHOOL, tell_own_scope  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from behavior.consumer.messages import EventMessage
    from behavior.domain.events import Part

_thread = threading.local()
_collect, _store_parts = lane.Lane._collect, storing.store_parts


class _NoContext:
    """Runs what it is given where it is."""

    def run(self, call: Callable[..., object], *args: object) -> object:
        """Run it."""
        return call(*args)


@contextmanager
def _enter_and_stay(school_id: str) -> Iterator[None]:
    tenancy._scope.set(tenancy.Scope(tenancy.ScopeKind.TENANT, school_id))
    yield


def _tell_and_collect(self: lane.Lane) -> list[EventMessage]:
    if getattr(_thread, "had_a_batch", False):
        tell_own_scope()
    messages = _collect(self)
    _thread.had_a_batch = bool(messages)
    return messages


def _store_or_fail(parts: Sequence[Part]) -> list[storing.Stored]:
    if any(part.student_id == FAILING_STUDENT for part in parts):
        raise AccessDeniedError("asked to fail in a school")
    return _store_parts(parts)


lane.Lane._collect = _tell_and_collect  # type: ignore[method-assign]
vars(storing)["store_parts"] = _store_or_fail
if os.environ.get(HOLE) == KEEPS_SCHOOL:
    vars(lane)["Context"] = _NoContext
    vars(storing)["enter_school"] = _enter_and_stay

if __name__ == "__main__":
    call_command(BEHAVIOR.command)
