"""The government of our settings: which shape its API has, where it is, and whose word we take for that."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import certifi
from django.conf import settings

from govsync.client.address import check_address
from govsync.client.calls import Caller
from govsync.client.connecting import Host
from govsync.client.direct import DirectGovernment
from govsync.client.keys import FixedKey, Key, SecretKey
from govsync.client.upload import UploadGovernment

if TYPE_CHECKING:
    from govsync.client.port import Government


class Shape(StrEnum):
    """The two ways in which governments take grades (``docs/GOVERNMENT-API.md``)."""

    DIRECT = "direct"
    UPLOAD = "upload"


def government() -> Government:
    """The government of our settings, with one key's memory for the whole process.

    Raises:
        ConfigurationError: the address is not one grades may be sent to.
    """
    address = check_address(settings.CLOUD, settings.GOV_API_URL)
    key = _key(settings.GOV_API_KEY_SECRET) if settings.GOV_API_KEY_SECRET else FixedKey(settings.GOV_API_KEY)
    return government_at(address, key, shape=Shape(settings.GOV_API_SHAPE), host=_host(address, settings.GOV_CA_FILE))


def government_at(
    base_url: str,
    key: Key,
    *,
    shape: Shape = Shape.DIRECT,
    host: Host | None = None,
) -> Government:
    """A government at one address, which is taken as it is."""
    caller = Caller(host or _host(base_url, ""), key)
    match shape:
        case Shape.DIRECT:
            return DirectGovernment(caller)
        case Shape.UPLOAD:
            return UploadGovernment(caller)


@cache
def _host(base_url: str, ca_file: str) -> Host:
    return Host(base_url, ca_file or certifi.where())


@cache
def _key(secret_id: str) -> SecretKey:
    return SecretKey(secret_id)
