"""Which of a view's formats a client gets, by ``?format=`` or ``Accept``; one that is not offered is 406, never 404."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.settings import api_settings

from edu.errors import LibretaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request


_ANYTHING = "*/*"
_FORMAT_PARAMETER = api_settings.URL_FORMAT_OVERRIDE


class NotOfferedError(LibretaError):
    """The address is right, and has none of the formats asked for; ``offered`` are those it has, by media type."""

    code = "not_acceptable"
    status = 406
    title = gettext_lazy("This format is not offered here")

    def __init__(self, offered: Iterable[BaseRenderer]) -> None:
        formats = {renderer.media_type: renderer.format for renderer in offered}
        names = ", ".join(f"{media_type} (?format={name})" for media_type, name in formats.items())
        super().__init__(_("Offered here: %(formats)s") % {"formats": names})
        self.members = {"offered": list(formats)}


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's, whose refusals name what is offered."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:  # noqa: ANN401 - a renderer and the media type asked for, which DRF's stubs do not say
        """The renderer and media type.

        Raises:
            NotOfferedError: none of what the client accepts is offered, or no format has the name it gives.
        """
        offered = list(renderers)
        preferred = offered[0]
        asked = request.META.get("HTTP_ACCEPT", _ANYTHING)
        if asked in (_ANYTHING, preferred.media_type) and _FORMAT_PARAMETER not in request.GET:  # nearly everybody
            return preferred, preferred.media_type
        try:
            return super().select_renderer(request, offered, format_suffix)
        except (Http404, NotAcceptable):
            raise NotOfferedError(offered) from None
