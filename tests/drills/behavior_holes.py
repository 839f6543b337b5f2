"""A door and a worker that are wrong on purpose: the drill of events must find each (``--plant``)."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - settings and apps come first

from behavior.consumer.lane import Lane  # noqa: E402 - the same
from behavior.door.application import event_door  # noqa: E402 - the same
from behavior.door.publisher import Publisher  # noqa: E402 - the same
from edu.queues import BEHAVIOR  # noqa: E402 - the same

if TYPE_CHECKING:
    from behavior.consumer.messages import EventMessage


class HastyPublisher(Publisher):
    """Answers when it has the events, whatever SQS says of them later."""

    async def publish(self, **given: Any) -> str:
        """Return at once."""
        self._hasty = asyncio.ensure_future(super().publish(**given))
        self._hasty.add_done_callback(lambda done: done.cancelled() or done.exception())
        return "hasty"


def _acknowledge_early() -> None:
    handle = Lane._handle

    def removed_first(self: Lane, messages: list[EventMessage]) -> None:
        self._remove(messages)
        handle(self, messages)

    Lane._handle = removed_first  # type: ignore[method-assign]


app = event_door(publisher=HastyPublisher())

if __name__ == "__main__":
    _acknowledge_early()
    call_command(BEHAVIOR.command)
