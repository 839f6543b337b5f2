"""Errors as ``application/problem+json`` (RFC 9457), in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from edu.errors import FieldError, ForbiddenError, InvalidInputError, LibretaError, NotFoundError, UnavailableError
from edu.idempotency import IdempotentReplay
from edu.logs import correlation_id, get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT_TYPE = "application/problem+json"
_SERVER_ERROR = 500
_log = get_logger(__name__)


class RequestRefusedError(LibretaError):
    """What DRF itself refuses: a body that does not parse, a method or media type not offered, too many requests."""

    title = _("The request cannot be served")

    def __init__(self, raised: exceptions.APIException) -> None:
        super().__init__(str(raised.detail))
        self.status, self.code = raised.status_code, raised.default_code


def problem(error: LibretaError) -> dict[str, Any]:
    """The body of an error's answer."""
    body: dict[str, Any] = {
        "type": f"urn:libreta:problem:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "correlation_id": correlation_id(),
    }
    if error.detail and error.status < _SERVER_ERROR:
        body["detail"] = str(error.detail)
    if error.fields:
        body["errors"] = [{"field": f.field, "rule": f.rule, "message": str(f.message)} for f in error.fields]
    return body


def handle_exception(raised: Exception, context: dict[str, Any]) -> Response | HttpResponse | None:
    """DRF's exception handler. What is not ours and not DRF's goes on to Django as a plain 500."""
    set_rollback()
    if isinstance(raised, IdempotentReplay):
        return raised.answer.as_response()
    error = _as_ours(raised)
    if error is None:
        return None
    if error.status >= _SERVER_ERROR:
        _log.error("request failed", code=error.code, exc_info=raised)
    headers = _headers(raised, error, context)
    return Response(problem(error), status=error.status, headers=headers, content_type=CONTENT_TYPE)


def _headers(raised: Exception, error: LibretaError, context: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.status == exceptions.NotAuthenticated.status_code:
        headers["WWW-Authenticate"] = context["view"].get_authenticate_header(context["request"])
    wait_s = getattr(raised, "wait", None)
    if isinstance(error, UnavailableError):
        wait_s = error.retry_after_s
    if wait_s:
        headers["Retry-After"] = str(int(wait_s))
    return headers


def _as_ours(raised: Exception) -> LibretaError | None:
    match raised:
        case LibretaError():
            return raised
        case Http404():
            return NotFoundError()
        case exceptions.ValidationError():
            return InvalidInputError(fields=list(_field_errors(raised.detail)))
        case exceptions.PermissionDenied():
            return ForbiddenError()
        case exceptions.APIException():
            return RequestRefusedError(raised)
        case _:
            return None


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:  # noqa: ANN401 - DRF's nested detail
    if isinstance(detail, dict):
        for name, part in detail.items():
            yield from _field_errors(part, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for index, part in enumerate(detail):
            inner = f"{path}[{index}]" if isinstance(part, (dict, list)) else path
            yield from _field_errors(part, inner)
    else:
        yield FieldError(path, str(getattr(detail, "code", "invalid")), str(detail))
