"""Errors as ``application/problem+json`` (RFC 9457), in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from edu.errors import FieldError, ForbiddenError, InvalidInputError, LibretaError, NotFoundError, UnavailableError
from edu.idempotency import IdempotentReplay
from edu.logs import correlation_id, get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT_TYPE = "application/problem+json"
_SERVER_ERROR = 500
_BODY = "body"  # the field of an error that is about all that was sent
_log = get_logger(__name__)


class NotAuthenticatedError(LibretaError):
    """The request brings no token."""

    code = "not_authenticated"
    status = 401
    title = _("Sign in first")


class MethodNotOfferedError(LibretaError):
    """The address is right and the method is not."""

    code = "method_not_allowed"
    status = 405
    title = _("This method is not offered here")


class BadRequestError(LibretaError):
    """Django itself refuses the request: a host that is not ours, a malformed header."""

    code = "bad_request"
    status = 400
    title = _("The request cannot be served")


class TooLargeError(LibretaError):
    """The body is larger than the API takes."""

    code = "too_large"
    status = 413
    title = _("The request is too large")


class NotAcceptableError(LibretaError):
    """The answer is offered in none of the formats that the request asks for."""

    code = "not_acceptable"
    status = 406
    title = _("None of the formats asked for is offered")


class UnsupportedMediaTypeError(LibretaError):
    """The body is said to be something else than JSON."""

    code = "unsupported_media_type"
    status = 415
    title = _("Send application/json")


class ThrottledError(LibretaError):
    """The account called too often; ``Retry-After`` says when to come back."""

    code = "throttled"
    status = 429
    title = _("Too many requests, please try again in a moment")


class RequestRefusedError(LibretaError):
    """What else DRF itself refuses."""

    title = _("The request cannot be served")

    def __init__(self, raised: exceptions.APIException) -> None:
        super().__init__(str(raised.detail))
        self.status, self.code = raised.status_code, raised.default_code


_TRANSLATED: tuple[tuple[type[Exception], type[LibretaError]], ...] = (
    (Http404, NotFoundError),
    (PermissionDenied, ForbiddenError),
    (RequestDataTooBig, TooLargeError),
    (exceptions.MethodNotAllowed, MethodNotOfferedError),
    (exceptions.NotAuthenticated, NotAuthenticatedError),
    (exceptions.PermissionDenied, ForbiddenError),
    (exceptions.NotAcceptable, NotAcceptableError),
    (exceptions.UnsupportedMediaType, UnsupportedMediaTypeError),
    (exceptions.Throttled, ThrottledError),
)


def problem(error: LibretaError) -> dict[str, Any]:
    """The body of an error's answer."""
    body: dict[str, Any] = {
        "type": f"urn:libreta:problem:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "correlation_id": correlation_id(),
    }
    if error.detail and error.detail_is_public and error.status < _SERVER_ERROR:
        body["detail"] = _sendable(error.detail)
    if error.fields:
        body["errors"] = [
            {"field": _sendable(f.field), "rule": f.rule, "message": _sendable(f.message)} for f in error.fields
        ]
    return body | dict(error.members)


def _sendable(text: object) -> str:
    """A text that may repeat what was sent, without what no UTF-8 can carry (half a surrogate pair)."""
    return str(text).encode(errors="replace").decode()


def handle_exception(raised: Exception, context: dict[str, Any]) -> Response | HttpResponse | None:
    """DRF's exception handler. What is not ours and not DRF's goes on to Django as a plain 500."""
    set_rollback()
    if isinstance(raised, IdempotentReplay):
        return raised.answer.as_response()
    error = as_ours(raised)
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


def as_ours(raised: Exception) -> LibretaError | None:
    """An error of Django's or DRF's in our words, or ours as it is; ``None`` for what nobody raised on purpose."""
    for theirs, ours in _TRANSLATED:
        if isinstance(raised, theirs):
            return ours()
    match raised:
        case LibretaError():
            return raised
        case exceptions.ValidationError():
            return InvalidInputError(fields=[replace(e, field=e.field or _BODY) for e in _field_errors(raised.detail)])
        case exceptions.APIException():
            return RequestRefusedError(raised)
        case _:
            return None


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:  # noqa: ANN401 - DRF's nested detail
    if isinstance(detail, dict):
        for name, part in detail.items():
            if name == api_settings.NON_FIELD_ERRORS_KEY:  # it is about what holds the fields
                yield from _field_errors(part, path)
            else:
                yield from _field_errors(part, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for index, part in enumerate(detail):
            inner = f"{path}[{index}]" if isinstance(part, (dict, list)) else path
            yield from _field_errors(part, inner)
    else:
        yield FieldError(path, str(getattr(detail, "code", "invalid")), str(detail))
