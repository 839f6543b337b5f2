"""Where the API begins: what can be read there, and where it is described. Open to everybody, as the contract is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from edu.http.docs import contract
from edu.http.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request


class ApiIndex(ApiView):
    """The API's first page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @extend_schema(operation_id="read_index", exclude=True)
    def get(self, request: Request) -> Response:
        """Every address that can be read, by the id of its operation; ``{}`` stand for ids that other answers give."""
        del request
        reads = {
            operations["get"]["operationId"]: path
            for path, operations in contract()["paths"].items()
            if "get" in operations
        }
        return Response({"documentation": reverse("docs"), "contract": reverse("schema"), "reads": reads})
