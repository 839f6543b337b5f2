"""How many events a device and a school may send, counted in this process.

A device that goes wrong, or a whole school's, takes nobody else's place: events past a limit are refused before they
are read, and their sender may come again when there is room. A limit is so many events a minute, and no more than
``BURST_S`` seconds' worth of them at once: a minute's worth in its first second would stand before everybody else's in
the queue. With n processes each may send up to n times as many.

The counting is the generic cell rate algorithm (ITU-T I.371, annex A): of each sender only the moment is kept at which
what was taken would be used up at the allowed pace.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from django.conf import settings

from behavior.errors import TooManyEventsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from behavior.door.authentication import Sender

BURST_S: Final = 2.0
_MINUTE_S = 60
_SWEEP_S = 60.0


class EventLimits:
    """Counts in one event loop. Whole requests are taken, so a limit may be passed by one request's events."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._of_device, self._of_school = settings.EVENTS_A_MINUTE_OF_DEVICE, settings.EVENTS_A_MINUTE_OF_SCHOOL
        self._used_up_at: dict[str, float] = {}
        self._sweep_at = timer() + _SWEEP_S

    def require_room(self, sender: Sender) -> None:
        """Let the sender's next request be read.

        Raises:
            TooManyEventsError: the device or its school has sent as many as they may; with when there is room again.
        """
        used_up_at = max(self._used_up_at.get(sender.device, 0.0), self._used_up_at.get(sender.school_id, 0.0))
        wait_s = used_up_at - BURST_S - self._timer()
        if wait_s > 0:
            raise TooManyEventsError(math.ceil(wait_s))

    def count(self, sender: Sender, events: int) -> None:
        """Add a request's events; less than none are those that could not be taken after all."""
        now_s = self._timer()
        if now_s >= self._sweep_at:
            self._used_up_at = {name: at for name, at in self._used_up_at.items() if at > now_s}
            self._sweep_at = now_s + _SWEEP_S
        for name, a_minute in ((sender.device, self._of_device), (sender.school_id, self._of_school)):
            self._used_up_at[name] = max(now_s, self._used_up_at.get(name, 0.0)) + events * _MINUTE_S / a_minute
