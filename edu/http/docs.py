"""The API's contract for programs and for people. Open to everybody: it holds no school's data (ADR 0011)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular import renderers
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny

from edu.http.views import ApiView

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

# What Swagger UI needs and no more: its script, style and the schema from here, its icons from inside its style sheet.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_RENDERERS: dict[str, type[Any]] = {
    renderer.media_type: renderer
    for renderer in (
        renderers.OpenApiYamlRenderer2,
        renderers.OpenApiYamlRenderer,
        renderers.OpenApiJsonRenderer2,
        renderers.OpenApiJsonRenderer,
    )
}


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document, made once a process: it depends on the code alone."""
    with translation.override("en"):
        generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
        document: dict[str, Any] = generator.get_schema(request=None, public=True)
    return document


@cache
def contract_bytes(media_type: str) -> bytes:
    """The document in one of the media types of ``ContractFile``."""
    content: bytes = _RENDERERS[media_type]().render(contract(), renderer_context={})
    return content


class ContractFile(ApiView):
    """The contract as a file: YAML, or JSON by ``Accept`` or ``?format=json``."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    renderer_classes = tuple(_RENDERERS.values())

    @extend_schema(operation_id="read_contract", exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Read it."""
        media_type = str(request.accepted_renderer.media_type)
        return HttpResponse(contract_bytes(media_type), content_type=media_type)


@csrf_exempt  # takes no writes: 405, not a question for a CSRF token
@require_safe
def contract_docs(request: HttpRequest) -> HttpResponse:
    """The contract in Swagger UI, from files of our own."""
    response = render(request, "edu/contract.html")
    response.headers["Content-Security-Policy"] = _DOCS_POLICY
    return response
