"""DRF's exception handler: Django's and DRF's own errors in our words, every error as problem+json."""

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

from edu.errors import FieldError, ForbiddenError, InvalidInputError, LibretaError, NotFoundError
from edu.http.contract import PROBLEM_JSON
from edu.http.errors import (
    BodyTooLargeError,
    MalformedBodyError,
    MethodNotAllowedError,
    NotAcceptableError,
    NotAuthenticatedError,
    ThrottledError,
    UnsupportedMediaTypeError,
)
from edu.http.problems import SERVER_ERROR, headers_of, problem
from edu.idempotency import IdempotentReplay
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

_BODY = "body"  # the field of an error that is about all that was sent
_log = get_logger(__name__)


class RequestRefusedError(LibretaError):
    """What else DRF itself refuses."""

    title = _("The request cannot be served")

    def __init__(self, raised: exceptions.APIException) -> None:
        super().__init__(str(raised.detail))
        self.status, self.code = raised.status_code, raised.default_code


_TRANSLATED: tuple[tuple[type[Exception], type[LibretaError]], ...] = (
    (Http404, NotFoundError),
    (PermissionDenied, ForbiddenError),
    (RequestDataTooBig, BodyTooLargeError),
    (exceptions.ParseError, MalformedBodyError),
    (exceptions.MethodNotAllowed, MethodNotAllowedError),  # DRF's answer says what is allowed
    (exceptions.NotAuthenticated, NotAuthenticatedError),
    (exceptions.PermissionDenied, ForbiddenError),
    (exceptions.NotAcceptable, NotAcceptableError),
    (exceptions.UnsupportedMediaType, UnsupportedMediaTypeError),
)


def handle_exception(raised: Exception, _context: dict[str, Any]) -> Response | HttpResponse | None:
    """DRF's exception handler. What is not ours and not DRF's goes on to Django as a plain 500."""
    set_rollback()
    if isinstance(raised, IdempotentReplay):
        return raised.as_response()
    error = as_ours(raised)
    if error is None:
        return None
    if error.status >= SERVER_ERROR:
        _log.error("request failed", code=error.code, exc_info=raised)
    return Response(problem(error), status=error.status, headers=headers_of(error), content_type=PROBLEM_JSON)


def as_ours(raised: Exception) -> LibretaError | None:
    """An error of Django's or DRF's in our words, or ours as it is; ``None`` for what nobody raised on purpose."""
    for theirs, ours in _TRANSLATED:
        if isinstance(raised, theirs):
            return ours()
    match raised:
        case LibretaError():
            return raised
        case exceptions.Throttled():
            return ThrottledError(raised.wait)  # type: ignore[attr-defined]  # the stubs lack it
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
