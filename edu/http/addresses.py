"""Whence a request comes."""

from __future__ import annotations

import ipaddress
from typing import cast

from django.conf import settings

_IPV6_NETWORK_BITS = 64  # what one customer has


def client_address_of(forwarded_for: str, peer: str) -> str:
    """The client's address, past as many proxies of ours as ``NUM_PROXIES`` says, whatever the client claims.

    ``forwarded_for`` is ``X-Forwarded-For``, to which each proxy appends whom it heard; ``peer`` is the connection's.
    """
    proxies = cast("int", settings.REST_FRAMEWORK["NUM_PROXIES"])
    if not proxies or not forwarded_for:
        return peer
    heard = forwarded_for.split(",")
    return heard[-min(proxies, len(heard))].strip()


def network_of(address: str) -> str:
    """The address, or of IPv6 its network: one client has a whole one to choose from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004 - IPv4
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
