"""The endpoints of a school's exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from analytics import services
from analytics.api.export_serializers import ExportLinkOutput, ExportOutput
from analytics.permissions import EXPORT_SCHOOL
from edu.http.paging import CURSOR, LIMIT, page_answer, paging_of
from edu.http.replies import reply_for
from edu.http.schema import page_of
from edu.http.serializers import NoBody, shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from analytics.domain.exports import SchoolExport

_LOCATION = OpenApiParameter("Location", location=OpenApiParameter.HEADER, response=[202])
_PATH = "/api/v1/school/exports"


class ExportList(ApiView):
    """The school's exports."""

    capabilities: ClassVar = {"GET": EXPORT_SCHOOL, "POST": EXPORT_SCHOOL}

    @extend_schema(
        operation_id="list_school_exports",
        tags=["exports"],
        parameters=[CURSOR, LIMIT],
        responses=page_of("ExportPage", ExportOutput),
    )
    def get(self, request: Request) -> Response:
        """A page of them, the last first."""
        page = services.list_exports(actor=principal_of(request), **paging_of(request))
        return page_answer([_data(export) for export in page.items], page.cursor)

    @extend_schema(
        operation_id="order_school_export",
        tags=["exports"],
        parameters=[_LOCATION],
        request=None,
        responses={202: ExportOutput},
    )
    def post(self, request: Request) -> HttpResponse:
        """Order an export of all that the school has (202): `Location` is where its state can be read.

        A zip of OneRoster 1.2 and Parquet files. One is made at a time, in some minutes; it is kept for a week.
        """
        validated(NoBody, request.data)
        reply = reply_for(request, principal_of(request), _data, status=202, address=_address)
        with reply.key.first_answer_wins():
            services.order_export(actor=principal_of(request), reply=reply)
        return reply.as_response()


class ExportDetail(ApiView):
    """One export."""

    capabilities: ClassVar = {"GET": EXPORT_SCHOOL}

    @extend_schema(operation_id="read_school_export", tags=["exports"], responses=ExportOutput)
    def get(self, request: Request, export_id: str) -> Response:
        """Its state, and how far it has come: ask again after some seconds while it is `queued` or `running`."""
        return Response(_data(services.get_export(actor=principal_of(request), export_id=export_id)))


class ExportDownload(ApiView):
    """A link to a finished export."""

    capabilities: ClassVar = {"GET": EXPORT_SCHOOL}
    refusals: ClassVar = {"GET": (409,)}

    @extend_schema(operation_id="download_school_export", tags=["exports"], responses=ExportLinkOutput)
    def get(self, request: Request, export_id: str) -> Response:
        """An address to take the zip from, for ten minutes. It needs no token: whoever has it has the school's data.

        It is no redirection, since a client would send its token along. Each request for one is in the audit trail.
        """
        link = services.get_link(actor=principal_of(request), export_id=export_id)
        return Response(shown(ExportLinkOutput, link), headers={"Cache-Control": "no-store"})


def _data(export: SchoolExport) -> dict[str, Any]:
    return shown(ExportOutput, export)


def _address(data: dict[str, Any]) -> str:
    return f"{_PATH}/{data['export_id']}"
