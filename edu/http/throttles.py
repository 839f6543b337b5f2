"""How often one account may call the API: a limit for reads and one for writes in each minute, with Retry-After.

A minute is the clock's own, so a call costs the same whatever the limit (DRF's own throttle copies a list of all calls
at each of them); where one minute ends an account may use two limits in less than a minute. Counted in each process's
memory: with n processes an account gets up to n times as much. It keeps a broken client from taking a school's whole
share; attacks from outside are for a firewall to stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.throttling import SimpleRateThrottle

from edu.http.addresses import client_address_of
from edu.identity.principal import Principal

if TYPE_CHECKING:
    from django.core.cache.backends.base import BaseCache
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def client_address(request: HttpRequest) -> str:
    """Whence the request comes: past as many proxies of ours as ``NUM_PROXIES`` says, whatever the client claims."""
    return client_address_of(request.META.get("HTTP_X_FORWARDED_FOR", ""), request.META.get("REMOTE_ADDR", ""))


class _AccountThrottle(SimpleRateThrottle):
    """One account's calls of one kind; who is not signed in is refused before this matters."""

    kind: str
    safe: bool
    num_requests: int  # these two are made of the rate by DRF
    duration: int
    cache: BaseCache

    def get_rate(self) -> str:
        """The limit, as DRF writes it."""
        rate: str = settings.API_RATES[self.kind]
        return rate

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the call; ``False`` once the limit is used up."""
        account = self.get_cache_key(request, view)
        if account is None:
            return True
        now_s = self.timer()
        self._wait_s = self.duration - now_s % self.duration
        key = f"{account}:{now_s // self.duration:.0f}"
        self.cache.add(key, 0, timeout=2 * self.duration)  # it must not expire before the next line
        return self.cache.incr(key) <= self.num_requests

    def wait(self) -> float:
        """Seconds until the counting begins anew."""
        return self._wait_s

    def get_cache_key(self, request: Request, view: APIView) -> str | None:  # noqa: ARG002 - DRF's signature
        """The account's counter; none for calls of the other kind."""
        caller = request.user
        if not isinstance(caller, Principal) or (request.method in _SAFE_METHODS) is not self.safe:
            return None
        return f"throttle:{self.kind}:{caller.subject}"


class ReadThrottle(_AccountThrottle):
    """Reads."""

    kind, safe = "reads", True


class WriteThrottle(_AccountThrottle):
    """Writes."""

    kind, safe = "writes", False
