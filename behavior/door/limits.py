"""How many events a device and a school may send in each minute of the clock, counted in this process.

A device that goes wrong, or a whole school's, takes nobody else's place: events past a limit are refused before they
are read, and their sender may come again when the minute is over. With n processes each may send up to n times as many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from behavior.errors import TooManyEventsError
from edu.http.minutes import MinuteCounts, rest_of_minute_s

if TYPE_CHECKING:
    from behavior.door.authentication import Sender


class EventLimits:
    """Counts in one event loop. Whole requests are taken, so a limit may be passed by one request's events."""

    def __init__(self) -> None:
        self._devices, self._schools = MinuteCounts(), MinuteCounts()

    def require_room(self, sender: Sender) -> None:
        """Let the sender's next request be read.

        Raises:
            TooManyEventsError: the device or its school has sent as many in this minute as they may.
        """
        device, school = self._devices.of(sender.device), self._schools.of(sender.school_id)
        if device >= settings.EVENTS_A_MINUTE_OF_DEVICE or school >= settings.EVENTS_A_MINUTE_OF_SCHOOL:
            raise TooManyEventsError(rest_of_minute_s())

    def count(self, sender: Sender, events: int) -> None:
        """Add a request's events."""
        self._devices.add(sender.device, events)
        self._schools.add(sender.school_id, events)
