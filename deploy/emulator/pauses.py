"""What makes a request wait for Python itself: a collection of the whole heap, and the interpreter's lock.

AWS's services do not wait for each other. Here they are one process: a collection that goes through all items of the
table (100 ms with 20,000 events, more with more), and a thread that delivers to the lake and keeps the lock for 5 ms at
a time, would be seen in every service's answers.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deploy.emulator.internal_endpoints import Application, Message, Receive, Send

SWITCH_EVERY_S: Final = 0.0005
QUIET_S: Final = 2.0
_LOOK_EVERY_S: Final = 1.0
_YOUNG, _MIDDLE = 700, 10
_NEVER: Final = 1_000_000_000
# Collections of the middle generation since the last of the whole heap: below it, too little has come to be looked at.
_WORTH_IT: Final = 20


class PauseFree:
    """The application, with whole-heap collections only while nobody asks for anything."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._last_s = time.monotonic()

    def begin(self) -> None:
        """Take effect: from here on for the whole process. What is loaded by now is never looked at again."""
        sys.setswitchinterval(SWITCH_EVERY_S)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
        threading.Thread(target=self._collect_on, name="quiet-collections", daemon=True).start()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve, and note that somebody asked."""
        try:
            await self._application(scope, receive, send)
        finally:
            self._last_s = time.monotonic()

    def is_quiet(self) -> bool:
        """Whether nobody has asked for ``QUIET_S``. Who only waits for a message to come does not count."""
        return time.monotonic() - self._last_s >= QUIET_S

    def _collect_on(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            if self.is_quiet() and gc.get_count()[2] >= _WORTH_IT:
                gc.collect()
