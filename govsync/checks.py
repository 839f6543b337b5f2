"""Start-up check: a wrong government address must be seen before the first grade is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from edu.errors import ConfigurationError
from govsync.client.address import check_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps import AppConfig


@register()
def government_address(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """An address that is set must be one we may send grades to; processes that do not sync may leave it empty."""
    if not settings.GOV_API_URL:
        return []
    try:
        check_address(settings.CLOUD, settings.GOV_API_URL)
    except ConfigurationError as error:
        return [Error(str(error), id="govsync.E001")]
    return []
