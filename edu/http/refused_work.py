"""What an account's refused requests may cost: the bodies it sent in vain, added up in each minute.

Every answer of 4xx to a request that may have a body adds that body's size, one KiB at least. Once they come to
``REFUSED_KIB_A_MINUTE`` (2 MiB), the account's next ones are refused with 429 before their bodies are read, until the
clock's minute ends. Who sends what is taken never meets this limit, and a person who mistypes does not either: it takes
two bodies of the largest size, or two thousand small ones. The event door counts in the same way; a device is its
student's account there. Counted in each process's memory, as the limits of ``edu.http.throttles`` are.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.http.errors import ThrottledError

if TYPE_CHECKING:
    from django.http import HttpRequest

_MINUTE_S = 60
_KIB = 1024


class RefusedTooMuchError(ThrottledError):
    """What the account sent in this minute was refused, and was too much; ``retry_after_s`` is the minute's rest."""

    code = "refused_too_much"
    title = _("Too much of what you sent was refused; mend it, and go on in a moment")


def require_work_left(account: str) -> None:
    """Let the account's next request be read.

    Raises:
        RefusedTooMuchError: too much of what it sent in this minute was refused.
    """
    key, rest_s = _window(account)
    if cache.get(key, 0) >= settings.REFUSED_KIB_A_MINUTE:
        raise RefusedTooMuchError(rest_s)


def count_refused(account: str, status: int, body_bytes: int) -> None:
    """Add a request's body to what was refused, if its answer's status says so; being told to wait costs nothing."""
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not refused or status == HTTPStatus.TOO_MANY_REQUESTS:
        return
    key, _rest_s = _window(account)
    cache.add(key, 0, timeout=2 * _MINUTE_S)  # it must not expire before the next line
    cache.incr(key, max(1, -(-body_bytes // _KIB)))


def declared_bytes(request: HttpRequest, *, at_most: int) -> int:
    """How long the request says that its body is; no more than is ever read of one."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    return min(int(declared), at_most) if declared.isdecimal() else 0


def _window(account: str) -> tuple[str, int]:
    """The name of the account's sum in this minute, and how many seconds the minute still has."""
    minute, spent_s = divmod(clock.epoch_s(), _MINUTE_S)
    return f"refused:{account}:{minute}", _MINUTE_S - spent_s
