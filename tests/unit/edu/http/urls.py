"""Views that go wrong in every way, under the API and beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.urls import path
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from edu.console.site import site
from edu.errors import ConflictError, FieldError, InvalidInputError, UnavailableError
from edu.http.replies import key_of
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from edu.identity.capabilities import Capability, grant
from edu.identity.principal import Role

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

_TEACH, _SEND = Capability("tests.teach"), Capability("tests.send")
grant("tests", {Role.TEACHER: frozenset({_TEACH}), Role.STUDENT: frozenset({_SEND})})

SECRET = "Ana Muñoz"
RAISED: dict[str, Exception] = {
    "conflict": ConflictError("two hands"),
    "fields": InvalidInputError(fields=[FieldError("value", "range", "half a pair: \ud800")]),
    "busy": UnavailableError("internal detail"),
    "throttled": exceptions.Throttled(wait=0.2),
    "drf": exceptions.NotAcceptable(),
    "media": exceptions.UnsupportedMediaType("text/plain"),
    "validation": exceptions.ValidationError({"a": [{"b": ["wrong"]}, {}], "c": ["bad", "worse"]}),
    "missing": Http404("internal detail"),
    "denied": PermissionDenied(SECRET),
    "suspicious": SuspiciousOperation(SECRET),
    "crash": KeyError(SECRET),
    "recursion": RecursionError(SECRET),
}


class Raising(APIView):
    """Raises what its path says."""

    permission_classes = ()

    def get(self, _request: Request, name: str) -> Response:
        """Raise it."""
        raise RAISED[name]


class Unrenderable(APIView):
    """Crashes after the view, where DRF's handler does not reach."""

    permission_classes = ()

    def get(self, _request: Request) -> Response:
        """Answer what no JSON can hold."""
        return Response({"value": object()})


class ForTeachers(APIView):
    """Reads only, and only for teachers."""

    capabilities: ClassVar = {"GET": _TEACH}

    def get(self, _request: Request) -> Response:
        """Say hello."""
        return Response({"hello": "teacher"})

    def put(self, _request: Request) -> Response:
        """Never reached: no role may."""
        return Response({})


class Unnamed(APIView):
    """Names no capability at all."""

    def get(self, _request: Request) -> Response:
        """Never reached."""
        return Response({})


class Taking(ApiView):
    """Takes a student's body as writes do: the key first, then the JSON."""

    capabilities: ClassVar = {"POST": _SEND}
    error: ClassVar[Exception | None] = None

    def post(self, request: Request) -> Response:
        """Say what it was in Python; raise ``error`` instead when there is one."""
        key_of(request, principal_of(request))
        taken = request.data
        if self.error:
            raise self.error
        return Response({"taken": type(taken).__name__}, status=202)


class Reading(ApiView):
    """A student's read."""

    capabilities: ClassVar = {"GET": _SEND}

    def get(self, _request: Request) -> Response:
        """Say nothing."""
        return Response({})


def crash(_request: HttpRequest) -> HttpResponse:
    """Go wrong outside the API."""
    raise KeyError(SECRET)


urlpatterns = [
    path("admin/", site.urls),
    path("api/v1/raise/<str:name>", Raising.as_view()),
    path("api/v1/unrenderable", Unrenderable.as_view()),
    path("api/v1/teachers", ForTeachers.as_view()),
    path("api/v1/unnamed", Unnamed.as_view()),
    path("api/v1/taking", Taking.as_view()),
    path("api/v1/reading", Reading.as_view()),
    path("crash", crash),
]
