"""Whether the process serves at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; it asks nothing of the table, whose trouble a restart would not cure."""
    return HttpResponse("ok", content_type="text/plain")
