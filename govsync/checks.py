"""Start-up checks: what is wrong with the government's settings must be seen before the first grade is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from edu.errors import ConfigurationError
from govsync.client.address import check_address
from govsync.client.connecting import tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig


@register()
def government_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """With an address goes a key, and who may vouch for it; processes that do not sync may leave it empty."""
    return list(_faults()) if settings.GOV_API_URL else []


def _faults() -> Iterator[Error]:
    try:
        check_address(settings.CLOUD, settings.GOV_API_URL)
    except ConfigurationError as error:
        yield Error(str(error), id="govsync.E001")
    if not (settings.GOV_API_KEY or settings.GOV_API_KEY_SECRET):
        yield Error("LIBRETA_GOV_API_KEY and LIBRETA_GOV_API_KEY_SECRET are both empty", id="govsync.E002")
    if settings.GOV_CA_FILE and not _holds_certificates(settings.GOV_CA_FILE):
        yield Error("LIBRETA_GOV_CA_FILE is no file of certificates", id="govsync.E003")


def _holds_certificates(ca_file: str) -> bool:
    try:
        tls_context(ca_file)
    except OSError:
        return False
    return True
