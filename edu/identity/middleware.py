"""The bearer token of a request decides the school its handling runs in."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from edu.errors import UnavailableError
from edu.http.middleware import API_PREFIX
from edu.identity.tokens import InvalidTokenError, bearer_token_of, verifier
from edu.logs import get_logger
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from edu.errors import LibretaError
    from edu.identity.principal import Principal

_log = get_logger(__name__)


class BearerIdentity:
    """What the request's Authorization header amounts to: a principal, an error to raise later, or neither."""

    def __init__(self, header: str) -> None:
        self.principal: Principal | None = None
        self.error: LibretaError | None = None
        token = bearer_token_of(header)
        if token is None:
            return
        try:
            self.principal = verifier().principal(token)
        except InvalidTokenError as error:
            _log.warning("token refused", reason=error.detail)
            self.error = error
        except UnavailableError as error:  # the pool's keys; DRF answers 503 for it
            self.error = error


class BearerTokenMiddleware:
    """Verifies the token once and enters its school around the whole handling, leaving it whatever happens.

    A bad token does not stop the request here: ``BearerAuthentication`` raises it where DRF can answer problem+json.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request in its caller's school."""
        is_api = request.path.startswith(API_PREFIX)  # the console's requests are their session's, whatever they bring
        identity = BearerIdentity(request.headers.get("Authorization", "") if is_api else "")
        request.bearer = identity  # type: ignore[attr-defined]
        school_id = identity.principal.school_id if identity.principal else None
        with enter_school(school_id) if school_id else nullcontext():
            return self._get_response(request)
