"""The right to send, lent to the code that sends: asked for once more when the connection stands.

Connecting may take longer than a worker's lane is certainly its own, and a stopped process goes on where it stood.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _needs_none() -> None:
    """Outside any lane (a tool, a test) nobody's right is asked for."""


_check: ContextVar[Callable[[], None]] = ContextVar("govsync_right_to_send", default=_needs_none)


@contextmanager
def lent(check: Callable[[], None]) -> Iterator[None]:
    """Inside the block ``require_right`` is ``check``."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def require_right() -> None:
    """To be called when nothing but the request itself is left to send.

    Raises:
        LaneLostError: not any more; nothing may be sent.
    """
    _check.get()()
