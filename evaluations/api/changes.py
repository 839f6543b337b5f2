"""The endpoint of what changed in a school, for the systems that keep a copy of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.errors import FieldError, InvalidInputError
from edu.http.fields import InstantField
from edu.http.paging import LIMIT, paging_of
from edu.http.serializers import validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.api.change_serializers import KINDS, ChangePageOutput, change_data
from evaluations.domain.copies import EVERY_KIND, CopiedKind
from evaluations.permissions import SEE_CHANGES

if TYPE_CHECKING:
    from datetime import datetime

    from rest_framework.request import Request

SINCE = OpenApiParameter(
    "since",
    {"type": "string", "format": "date-time"},
    description="What changed from this instant on (RFC 3339, with its offset). Not together with `cursor`.",
)
WHOLE = OpenApiParameter(
    "whole",
    {"type": "boolean", "default": False},
    description="Begin with the school's record and its whole roster, as they stand. Not together with `cursor`.",
)
FOLLOWING = OpenApiParameter(
    "cursor", description="`next` of the page before, with the same `kinds`. It is good for 89 days."
)
WANTED = OpenApiParameter(
    "kinds",
    {"type": "string", "pattern": f"^({'|'.join(KINDS)})(,({'|'.join(KINDS)}))*$", "example": "score,evaluation"},
    description="Only records of these kinds, with commas between them. Without, of all kinds.",
)
AT_MOST = OpenApiParameter(
    "limit",
    LIMIT.type,
    description="How many results a page has at most. Fewer are no sign that there are no more: `more` says.",
)


class _ChangesQuery(serializers.Serializer[Any]):
    since = InstantField(required=False, default=None)
    whole = serializers.ChoiceField(["true", "false"], required=False, default="false")


class ChangeList(ApiView):
    """What changed in the school."""

    capabilities: ClassVar = {"GET": SEE_CHANGES}
    refusals: ClassVar = {"GET": (410,)}

    @extend_schema(
        operation_id="list_changes",
        tags=["changes"],
        parameters=[SINCE, WHOLE, WANTED, FOLLOWING, AT_MOST],
        responses=ChangePageOutput,
    )
    def get(self, request: Request) -> Response:
        """A page of the records that changed, as they stand now: for a system that keeps a copy of the school.

        1. `GET /api/v1/changes?whole=true`, then `GET /api/v1/changes?cursor=<next>` while `more` is true: the school
           with its terms, courses, teachers, sections, students and enrolments, as they stand.
        2. Copy the evaluations and scores of each section from their listings.
        3. `GET /api/v1/changes?cursor=<next>`: put each record of `results` in the place of the copy's, or take it out
           where it is `deleted`; keep the new `next` when that is done. Again at once while `more` is true, and after
           some minutes when it is false.

        Without any parameter there are no results, and `next` is the cursor of this moment.

        A change is told forty minutes after it was made, so that none can appear behind a place that was read
        already. A record may come more than once, also unchanged; the last time it comes it is as it stands. `since`
        may stand in the place of a lost `cursor`: the `until` of the last page that was taken over.

        410 says that what changed first is no longer known, after 89 days: begin with the first step.
        """
        paging = paging_of(request)
        query = validated(_ChangesQuery, request.query_params.dict())
        since: datetime | None = query["since"]
        whole = query["whole"] == "true"
        if paging["cursor"] is not None and (since is not None or whole):
            message = _("Where the listing begins is said by since or whole, where it goes on by cursor: not both")
            raise InvalidInputError(fields=[FieldError("whole" if whole else "since", "not_with_cursor", message)])
        kinds = _kinds_of(request.query_params.get("kinds"))
        page = services.list_changes(actor=principal_of(request), kinds=kinds, since=since, whole=whole, **paging)
        return Response(
            {
                "results": [change_data(change) for change in page.items],
                "next": page.cursor,
                "more": page.more,
                "until": page.until,
            }
        )


def _kinds_of(text: str | None) -> frozenset[CopiedKind]:
    """The kinds that the reader asked for (``?kinds=``); without, all.

    Raises:
        InvalidInputError: one of them is none.
    """
    if text is None:
        return EVERY_KIND
    named = text.split(",")
    if not set(named) <= set(KINDS):
        message = _("Name kinds of records, with commas between them: %(kinds)s") % {"kinds": ", ".join(KINDS)}
        raise InvalidInputError(fields=[FieldError("kinds", "kinds", message)])
    return frozenset(map(CopiedKind, named))
