"""The base of every view of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.views import APIView

from edu.errors import UNKNOWN_PARAMETER, FieldError, InvalidInputError
from edu.http.operations import operation_of

if TYPE_CHECKING:
    from rest_framework.request import Request

_MAX_NAME_CHARS = 40


class ApiView(APIView):
    """A view that takes the query parameters its operation declares, and no others.

    OPTIONS is not offered: no browser asks before it calls, since no other origin may.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]  # noqa: RUF012 - Django's own attribute

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - DRF's signature
        """Refuse undeclared parameters, once it is known that the caller may ask at all.

        Raises:
            InvalidInputError: a parameter is none of the operation's, e.g. misspelt.
        """
        super().initial(request, *args, **kwargs)
        view: Any = type(self)  # for mypy, DRF's classes have no hash
        operation = operation_of(view, request.method or "")
        if operation is None:
            return  # a method that is not offered, which is the first thing to say
        unknown = [name for name in request.query_params if name not in operation.query]
        if unknown:
            raise InvalidInputError(
                fields=[FieldError(name[:_MAX_NAME_CHARS], "unknown_parameter", UNKNOWN_PARAMETER) for name in unknown]
            )
