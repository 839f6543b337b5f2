"""Where grades may be sent to: a wrong setting stops the program, it does not send children's grades in clear."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from edu.aws.endpoint import LOCAL
from edu.errors import ConfigurationError


def check_address(cloud: str, url: str) -> str:
    """The government's base URL without a final slash: on the loopback for ``local``, https anywhere else.

    Raises:
        ConfigurationError: the address is missing, malformed, or not of that kind.
    """
    try:
        parts = urlsplit(url)
        well_formed = bool(parts.hostname) and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ConfigurationError("LIBRETA_GOV_API_URL is missing or malformed")
    if cloud == LOCAL:
        if parts.scheme not in {"http", "https"} or not _is_loopback(parts.hostname or ""):
            raise ConfigurationError("LIBRETA_CLOUD=local needs LIBRETA_GOV_API_URL on 127.0.0.1")
    elif parts.scheme != "https":
        raise ConfigurationError("LIBRETA_GOV_API_URL must be https")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
