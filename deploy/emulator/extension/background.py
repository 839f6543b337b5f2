"""Work the emulator does beside requests: a piece at a time, in the order asked for, none while the state is saved.

A piece is short (bounded rows) and ends early when ``halting``; who has more to do asks for another turn, behind the
others. A shutdown waits for the piece at hand and lets none begin after it, so that what is saved is consistent: a
pipe's position cannot advance after the delivery stream it feeds was saved.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.emulator.extension import patching

if TYPE_CHECKING:
    from contextvars import Token

logger = logging.getLogger("libreta.emulator")
HALT_TIMEOUT_S = 8.0


class Turns:
    """A lock that is given in the order it was asked for; Python's own goes to whoever is quickest, always the same."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._is_taken = False
        self.is_halting = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold it. Blocks for ever after ``halt``."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._waiting[0] is ticket and not self._is_taken and not self.is_halting)
            self._waiting.popleft()
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def halt(self, timeout_s: float) -> bool:
        """Give no more turns; whether the one at hand ended within ``timeout_s``."""
        with self._changed:
            self.is_halting = True
            return self._changed.wait_for(lambda: not self._is_taken, timeout_s)


_turns = Turns()


@contextmanager
def turn() -> Iterator[None]:
    """Have a turn of the background work. Blocks for ever after ``halt``, so only daemon threads may ask for it."""
    with _turns.turn():
        yield


def halting() -> bool:
    """Whether the piece at hand should leave what is left of it."""
    return _turns.is_halting


def every(interval_s: float, work: Callable[[], bool], name: str) -> None:
    """Let ``work`` have a turn about every ``interval_s`` until the process ends, at once again when it answers True.

    Its errors are only logged.
    """

    def loop() -> None:
        has_more = False
        while True:
            if not has_more:
                time.sleep(interval_s)
            has_more = False
            with turn():
                try:
                    has_more = work()
                except Exception:
                    logger.exception("background work %s failed and will run again", name)

    threading.Thread(target=loop, name=name, daemon=True).start()


@contextmanager
def scope(account_id: str, region: str) -> Iterator[None]:
    """Act as a request of that account and region, which ministack's stores are keyed by."""
    responses = patching.core("responses")
    account: Token[str] = responses._request_account_id.set(account_id)
    place: Token[str] = responses._request_region.set(region)
    try:
        yield
    finally:
        responses._request_region.reset(place)
        responses._request_account_id.reset(account)


def halt() -> bool:
    """Let the piece at hand end and no other begin; False when it did not end within ``HALT_TIMEOUT_S``."""
    return _turns.halt(HALT_TIMEOUT_S)
