"""Whatever Django itself answers to an API client in HTML, as problem+json: unknown routes, bad hosts, crashes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.utils import translation

from edu.errors import ForbiddenError, LibretaError, NotFoundError
from edu.http.contract import PROBLEM_JSON
from edu.http.errors import BadRequestError, BodyTooLargeError, MethodNotAllowedError, PreconditionFailedError
from edu.http.language import language_of_request
from edu.http.middleware import API_PREFIX
from edu.http.problems import problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from edu.http.middleware import GetResponse

_ERRORS: dict[int, type[LibretaError]] = {
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowedError,
    HTTPStatus.PRECONDITION_FAILED: PreconditionFailedError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BodyTooLargeError,
}


class ApiProblemMiddleware:
    """Turns HTML answers of 400 and above under ``/api/`` into problem+json, without telling what went wrong.

    Django has logged the exception by then; the correlation id in the body leads to it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        response = self._get_response(request)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code < HTTPStatus.BAD_REQUEST or not is_html or not request.path.startswith(API_PREFIX):
            return response
        with translation.override(language_of_request(request)):
            return _as_problem(response)


def _as_problem(response: HttpResponse) -> HttpResponse:
    default = LibretaError if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else BadRequestError
    body = problem(_ERRORS.get(response.status_code, default)()) | {"status": response.status_code}
    kept = {name: value for name, value in response.headers.items() if name not in {"Content-Type", "Content-Length"}}
    return JsonResponse(body, status=response.status_code, content_type=PROBLEM_JSON, headers=kept)
