"""Correlation ids and the content security policy."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from structlog.contextvars import clear_contextvars

from edu.http.operations import operation_of
from edu.logs import get_logger, start_correlation
from edu.metrics import MILLISECONDS, embedded

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    GetResponse = Callable[[HttpRequest], HttpResponse]

API_PREFIX = "/api/"
CORRELATION_HEADER = "X-Correlation-Id"
_CORRELATION_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LATENCY = "EvaluationLatency"
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_log = get_logger(__name__)


def start_request(offered: str) -> str:
    """Bind a request's correlation id and return it: the one its client offers, if well formed, or a new one.

    Well formed is a UUID or 16 to 64 hexadecimal digits: the id stays in the audit trail for good, so it must not be a
    text that could name somebody.
    """
    return start_correlation(offered if _CORRELATION_ID.fullmatch(offered) else "")


class CorrelationMiddleware:
    """Gives each request an id (the caller's, if well formed), binds it to the logs and returns it in a header.

    It also writes the one access line of a request: the route's pattern, never the path, which holds ids.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request under its correlation id."""
        chosen = start_request(request.headers.get(CORRELATION_HEADER, ""))
        started = time.perf_counter()
        try:
            response = self._get_response(request)
            response.headers[CORRELATION_HEADER] = chosen
            _log_request(request, response.status_code, round((time.perf_counter() - started) * 1000, 1))
            return response
        finally:
            clear_contextvars()


def _log_request(request: HttpRequest, status: int, duration_ms: float) -> None:
    """The access line; the duration of a write to the API is in it as a metric of its operation.

    What was refused (4xx) is left out: it costs less than what was done, and a client that is always refused would hide
    how slow the others' writes are. Reads are left out because each name of a metric is paid for by the month; their
    durations stand in the line all the same.
    """
    match = request.resolver_match
    route = match.route if match else ""
    view = getattr(match.func, "view_class", None) if match else None
    operation = operation_of(view, request.method or "") if view else None
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    measured: dict[str, Any] = {}
    if operation and not refused and request.method not in _SAFE_METHODS:
        measured = embedded(LATENCY, duration_ms, MILLISECONDS, Operation=operation.operation_id)
    _log.info("request", method=request.method, route=route, status=status, duration_ms=duration_ms, **measured)


class ContentSecurityPolicyMiddleware:
    """A strict policy on every answer: no inline script, no inline style, nothing from elsewhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the policy unless the view set its own."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", STRICT_POLICY)
        return response
