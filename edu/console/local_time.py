"""The console's times are those of the school's clocks.

Which clocks is the knowledge of the app that keeps the schools: it says so once, with ``tell``, when it is loaded.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from edu import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UTC = "UTC"
_tellers: list[Callable[[], str]] = []


def tell(teller: Callable[[], str]) -> None:
    """Take ``teller`` as who knows the IANA time zone of the school in scope (UTC for one without a record)."""
    _tellers[:] = [teller]


@contextmanager
def in_force() -> Iterator[None]:
    """Show times by the clocks of the school in scope inside the block; remembered for as long as its other rules.

    Raises:
        UnavailableError: the table does not answer.
    """
    name: str = memory.remembered("time-zone", lambda: _tellers[0]() if _tellers else UTC)
    with timezone.override(ZoneInfo(name)):
        yield
