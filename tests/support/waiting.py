"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_POLL_S = 0.05


def wait_until(found: Callable[[], T], *, what: str, timeout_s: float = 30.0) -> T:
    """The first truthy value of ``found``.

    Raises:
        AssertionError: none came within ``timeout_s`` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := found()):
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s in vain for {what}"
        time.sleep(_POLL_S)
    return value
