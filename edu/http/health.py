"""Whether the process serves at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest

    from edu.http.middleware import GetResponse

PATH = "/healthz"


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; it asks nothing of the table: a restart would not make the table answer."""
    return HttpResponse("ok", content_type="text/plain")


class ProbeHostMiddleware:
    """Lets a load balancer ask: it names the target's address as Host, which is none of ours.

    The answer depends on nothing of the request, so the host check has nothing to protect there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the probe for one of ours."""
        if request.path == PATH:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        return self._get_response(request)
