"""What makes a request wait for Python itself: a collection of the whole heap, and the interpreter's lock.

AWS's services do not wait for each other. Here they are one process: a collection that goes through all items of the
table (100 ms with 20,000 events, more with more), and a thread that delivers to the lake and keeps the lock for 5 ms at
a time, would be seen in every service's answers.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.emulator.internal_endpoints import Application, Message, Receive, Send

SWITCH_EVERY_S: Final = 0.0005
# Shorter than the pauses between what a system at rest asks each second.
QUIET_S: Final = 0.25
LOOK_EVERY_S: Final = 0.25
_YOUNG, _MIDDLE = 700, 10
_NEVER: Final = 1_000_000_000
# Collections of the middle generation since the last of the whole heap: below it, too little has come to be looked at.
# Beyond the second bound it is done although somebody asks.
_WORTH_IT, _OVERDUE = 20, 5_000


class PauseFree:
    """The application, with whole-heap collections while nobody asks for anything; ``now`` is a steady clock."""

    def __init__(self, application: Application, now: Callable[[], float] = time.monotonic) -> None:
        self._application, self._now = application, now
        self._last_s = now()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve, and note that somebody asked."""
        try:
            await self._application(scope, receive, send)
        finally:
            self._last_s = self._now()

    def is_quiet(self) -> bool:
        """Whether nobody has asked for ``QUIET_S``. Who only waits for a message to come does not count."""
        return self._now() - self._last_s >= QUIET_S

    def collect(self) -> bool:
        """Collect the whole heap if it is time for it; there is never more to do at once."""
        waiting = gc.get_count()[2]
        if waiting >= (_WORTH_IT if self.is_quiet() else _OVERDUE):
            gc.collect()
        return False


def keep_from_pausing() -> None:
    """From here on no collection of the whole heap begins by itself, and what is loaded by now is in none."""
    sys.setswitchinterval(SWITCH_EVERY_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
