"""The events' consumer, as ``manage.py consume_events``, for a process that is looked at from outside.

It tells whose scope it is in before each batch. ``LIBRETA_TEST_HOLE`` plants a hole: a consumer whose batches keep the
school of the one before.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - settings and apps come first

from behavior.consumer import lane  # noqa: E402 - the same
from behavior.services import storing  # noqa: E402 - the same
from edu import tenancy  # noqa: E402 - the same
from edu.logs import get_logger  # noqa: E402 - the same
from edu.queues import BEHAVIOR  # noqa: E402 - the same
from tests.isolation.workers_probe import HOLE, KEEPS_SCHOOL, tell_own_scope  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from behavior.consumer.messages import EventMessage

_log = get_logger(__name__)
_handle = lane.Lane._handle


class _NoContext:
    """Runs what it is given where it is."""

    def run(self, call: Callable[..., object], *args: object) -> object:
        """Run it."""
        return call(*args)


@contextmanager
def _enter_and_stay(school_id: str) -> Iterator[None]:
    tenancy._scope.set(tenancy.Scope(tenancy.ScopeKind.TENANT, school_id))
    yield


def _handle_and_tell(self: lane.Lane, messages: list[EventMessage]) -> None:
    _handle(self, messages)
    tell_own_scope()


lane.Lane._handle = _handle_and_tell  # type: ignore[method-assign]
if os.environ.get(HOLE) == KEEPS_SCHOOL:
    vars(lane)["Context"] = _NoContext
    vars(storing)["enter_school"] = _enter_and_stay

if __name__ == "__main__":
    call_command(BEHAVIOR.command)
