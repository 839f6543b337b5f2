"""Where AWS calls may go. A wrong setting must stop the program, not reach the real AWS with a laptop's keys."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from edu.errors import ConfigurationError

LOCAL, AWS = "local", "aws"


def check_endpoint(cloud: str, endpoint_url: str) -> str | None:
    """The endpoint every client gets: a loopback URL for ``local``, ``None`` (AWS's own) for ``aws``.

    Raises:
        ConfigurationError: when the two settings contradict each other or the URL is not on the loopback.
    """
    brokers = sorted(name for name in os.environ if name.startswith("CELERY_BROKER_"))
    if brokers:  # Celery would prefer them to the broker made of the endpoint checked here
        raise ConfigurationError(f"the broker follows from AWS_ENDPOINT_URL: unset {', '.join(brokers)}")
    if cloud == AWS:
        overrides = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL"))
        if endpoint_url or overrides:
            raise ConfigurationError(f"LIBRETA_CLOUD=aws forbids {', '.join(overrides) or 'AWS_ENDPOINT_URL'}")
        return None
    if cloud != LOCAL:
        raise ConfigurationError("LIBRETA_CLOUD must be 'local' or 'aws'")
    if not _is_loopback(endpoint_url):
        raise ConfigurationError("LIBRETA_CLOUD=local needs AWS_ENDPOINT_URL=http://127.0.0.1:<port>")
    return endpoint_url


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        address = ipaddress.ip_address(parts.hostname or "")
        has_port = parts.port is not None
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and has_port and address.is_loopback and "@" not in parts.netloc
