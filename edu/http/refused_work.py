"""What an account's refused requests may cost: the bodies it sent in vain, added up in each minute.

Every answer of 4xx to a request that may have a body adds that body's size, one KiB at least. Once they come to
``REFUSED_KIB_A_MINUTE`` (2 MiB), the account's next ones are refused with 429 before their bodies are read, until the
clock's minute ends. Who sends what is taken never meets this limit, and a person who mistypes does not either: it takes
two bodies of the largest size, or two thousand small ones. The event door counts in the same way; a device is its
student's account there. Counted in each process's memory, of all its threads together.
"""

from __future__ import annotations

from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from edu.http.errors import ThrottledError
from edu.http.minutes import MinuteCounts, rest_of_minute_s

if TYPE_CHECKING:
    from django.http import HttpRequest

_KIB = 1024
_counts, _lock = MinuteCounts(), Lock()


class RefusedTooMuchError(ThrottledError):
    """What the account sent in this minute was refused, and was too much; ``retry_after_s`` is the minute's rest."""

    code = "refused_too_much"
    title = _("Too much of what you sent was refused; mend it, and go on in a moment")


def require_work_left(account: str) -> None:
    """Let the account's next request be read.

    Raises:
        RefusedTooMuchError: too much of what it sent in this minute was refused.
    """
    with _lock:
        refused_kib = _counts.of(account)
    if refused_kib >= settings.REFUSED_KIB_A_MINUTE:
        raise RefusedTooMuchError(rest_of_minute_s())


def count_refused(account: str, status: int, body_bytes: int) -> None:
    """Add a request's body to what was refused, if its answer's status says so; being told to wait costs nothing."""
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not refused or status == HTTPStatus.TOO_MANY_REQUESTS:
        return
    with _lock:
        _counts.add(account, max(1, -(-body_bytes // _KIB)))


def forget_refused() -> None:
    """Begin as a new process does."""
    with _lock:
        _counts.clear()


def declared_bytes(request: HttpRequest, *, at_most: int) -> int:
    """How long the request says that its body is; no more than is ever read of one."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    return min(int(declared), at_most) if declared.isdecimal() else 0
