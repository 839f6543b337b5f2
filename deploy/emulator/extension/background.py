"""Work the emulator does beside requests: one piece at a time, under one lock, and none while the state is saved.

A shutdown first waits for the running piece and never releases the lock, so that what is saved is consistent: a pipe's
position cannot advance after the delivery stream it feeds was saved.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.emulator.extension import patching

if TYPE_CHECKING:
    from contextvars import Token

logger = logging.getLogger("libreta.emulator")
HALT_TIMEOUT_S = 30.0
_turn = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Hold the background work's lock. Blocks for ever after ``halt``, so only daemon threads may ask for it."""
    with _turn:
        yield


def every(interval_s: float, work: Callable[[], None], name: str) -> None:
    """Run ``work`` under the lock about every ``interval_s`` until the process ends; its errors are only logged."""

    def loop() -> None:
        while True:
            time.sleep(interval_s)
            with turn():
                try:
                    work()
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
    """Let the running piece finish and start no other; False when it did not finish within ``HALT_TIMEOUT_S``."""
    return _turn.acquire(timeout=HALT_TIMEOUT_S)
