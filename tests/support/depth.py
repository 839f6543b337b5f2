"""How deep tests look that could look for ever: briefly in ``make test``, whose time is a budget; at length otherwise.

A test's short form still fails for each fault that it was written for; it tries fewer orders, moments and examples.
"""

from __future__ import annotations

import os
from typing import Final, TypeVar

T = TypeVar("T")
IS_LONG: Final = os.environ.get("LIBRETA_TESTS") == "long"


def depth(short: T, long: T) -> T:
    """``short`` in ``make test``, ``long`` in ``make test-long``."""
    return long if IS_LONG else short
