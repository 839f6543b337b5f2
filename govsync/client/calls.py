"""Calling the government over HTTP. Whoever calls holds a slot (``govsync.repository.rate_limit``).

POST /batches                                  Idempotency-Key: <batch id>
GET  /batches/<batch id>
GET  /terms/<term>/schools/<school>/grades     ?limit=<n>&cursor=<cursor>
"""

from __future__ import annotations

import hashlib
import time
from functools import cache
from typing import TYPE_CHECKING

import httpx
from django.conf import settings

from edu.deadlines import check_deadline
from govsync.client.address import check_address
from govsync.client.answers import (
    MAX_PAGE_GRADES,
    GovernmentAnswer,
    Later,
    Unknown,
    read_inquiry,
    read_page,
    read_submission,
)
from govsync.client.exchange import Exchange
from govsync.domain.batches import batch_id_of
from govsync.errors import BatchAlteredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from govsync.domain.batches import Batch

CONNECT_TIMEOUT_S, WRITE_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 5.0, 15.0
# After this long a request that nobody answered for is not on its way any more.
REQUEST_LIMIT_S = 40.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Government:
    """The API at one address. Thread-safe; connections are kept alive."""

    def __init__(self, base_url: str, api_key: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Prepare, without connecting. Neither proxies nor redirects are followed: the key goes to one place only."""
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "libreta-govsync"},
            timeout=httpx.Timeout(
                connect=CONNECT_TIMEOUT_S, write=WRITE_TIMEOUT_S, read=read_timeout_s, pool=CONNECT_TIMEOUT_S
            ),
            follow_redirects=False,
            trust_env=False,
        )

    def submit(self, batch: Batch, body: bytes) -> Exchange:
        """Send a batch: ``Decided``, ``Refused``, ``Later`` or ``Unknown``. Idempotent at the government by batch id.

        Raises:
            BatchAlteredError: ``body`` is not what the batch's id was made from; nothing was sent.
        """
        if batch_id_of(body) != batch.batch_id:
            raise BatchAlteredError(f"batch {batch.number}")
        headers = {"Idempotency-Key": batch.batch_id, "Content-Type": "application/json"}
        request = self._http.build_request("POST", "/batches", content=body, headers=headers)
        return self._exchange(
            request, batch.batch_id, lambda r: read_submission(r.status_code, r.headers, r.content, batch)
        )

    def ask(self, batch: Batch) -> Exchange:
        """Ask what became of a batch: ``Decided``, ``NeverReceived`` or ``Unknown``."""
        request = self._http.build_request("GET", f"/batches/{batch.batch_id}")
        digest = _digest_of(request)
        return self._exchange(request, digest, lambda r: read_inquiry(r.status_code, r.headers, r.content, batch))

    def list_held(self, *, term_id: str, school_id: str, cursor: str | None) -> Exchange:
        """A page of the grades the government holds: ``HeldPage`` or ``Later``."""
        query = {"limit": str(MAX_PAGE_GRADES)} | ({"cursor": cursor} if cursor else {})
        request = self._http.build_request("GET", f"/terms/{term_id}/schools/{school_id}/grades", params=query)
        return self._exchange(
            request, _digest_of(request), lambda r: read_page(r.status_code, r.headers, r.content), undecided=Later
        )

    def _exchange(
        self,
        request: httpx.Request,
        digest: str,
        read: Callable[[httpx.Response], GovernmentAnswer],
        *,
        undecided: type[Unknown | Later] = Unknown,
    ) -> Exchange:
        started = time.perf_counter()
        status: int | None = None
        answer: GovernmentAnswer
        try:
            check_deadline()
            response = self._http.send(request)
        except _NOT_SENT as error:
            answer = Later(type(error).__name__)
        except httpx.RequestError as error:
            answer = undecided(type(error).__name__)
        else:
            status, answer = response.status_code, read(response)
        return Exchange(digest, status, round((time.perf_counter() - started) * 1000), answer)


def government() -> Government:
    """The government at the address of our settings, with connections shared by the whole process.

    Raises:
        ConfigurationError: the address is not one grades may be sent to.
    """
    return _connected(check_address(settings.CLOUD, settings.GOV_API_URL), settings.GOV_API_KEY)


@cache
def _connected(base_url: str, api_key: str) -> Government:
    return Government(base_url, api_key)


def _digest_of(request: httpx.Request) -> str:
    return hashlib.sha256(f"{request.method} {request.url.raw_path.decode()}".encode()).hexdigest()
