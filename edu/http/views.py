"""The base of every view of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.views import APIView

from edu.errors import REPEATED_PARAMETER, UNKNOWN_PARAMETER, FieldError, InvalidInputError
from edu.http.operations import operation_of
from edu.http.refused_work import count_refused, declared_bytes, require_work_left

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.http import HttpRequest
    from rest_framework.request import Request

_MAX_NAME_CHARS = 40
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


class ApiView(APIView):
    """A view that takes the query parameters its operation declares, and no others.

    OPTIONS is not offered: no browser asks before it calls, since no other origin may.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]  # noqa: RUF012 - Django's own attribute

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - DRF's signature
        """Refuse who sent too much in vain, and undeclared parameters, once it is known that the caller may ask at all.

        Raises:
            RefusedTooMuchError: too much of what the account sent in this minute was refused.
            InvalidInputError: a parameter is none of the operation's, e.g. misspelt, or is given twice.
        """
        super().initial(request, *args, **kwargs)
        account = _sender_of(request._request)  # noqa: SLF001 - DRF's own name
        if account:
            require_work_left(account)
        view: Any = type(self)  # for mypy, DRF's classes have no hash
        operation = operation_of(view, request.method or "")
        if operation is None:
            return  # a method that is not offered, which is the first thing to say
        broken = list(_broken_parameters(request, operation.query))
        if broken:
            raise InvalidInputError(fields=broken)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - DRF's signature
        """The answer; a refused request's body is counted against its sender."""
        asked = request._request  # noqa: SLF001 - DRF's own name
        account = _sender_of(asked)
        if account:
            most_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            count_refused(account, response.status_code, declared_bytes(asked, at_most=most_bytes))
        return super().finalize_response(request, response, *args, **kwargs)


def _broken_parameters(request: Request, declared: Collection[str]) -> Iterator[FieldError]:
    for name, values in request.query_params.lists():
        if name not in declared:
            yield FieldError(name[:_MAX_NAME_CHARS], "unknown_parameter", UNKNOWN_PARAMETER)
        elif len(values) > 1:  # which of them was meant, nobody can tell
            yield FieldError(name, "repeated_parameter", REPEATED_PARAMETER)


def _sender_of(request: HttpRequest) -> str:
    """The account that may have sent a body; empty for none."""
    identity = getattr(request, "bearer", None)
    if request.method in _WITHOUT_BODY or identity is None or identity.principal is None:
        return ""
    return str(identity.principal.subject)
