"""What a serving process must have before it serves: missing settings stop it at the door, not at the first request."""

from __future__ import annotations

from django.conf import settings
from django.urls import get_resolver

from edu.aws.clients import scoped_client, service_client
from edu.errors import ConfigurationError
from edu.identity.tokens import verifier

_SHORTEST_SECRET_CHARS = 32
_NEEDED = (
    "TABLE_NAME",
    "TENANT_ROLE_ARN",
    "PLATFORM_ROLE_ARN",
    "CONSOLE_ROLE_ARN",
    "BEHAVIOR_QUEUE_URL",
    "GOVSYNC_QUEUE_URL",
    "MAINTENANCE_QUEUE_URL",
    "USER_POOL_ID",
    "USER_POOL_CLIENT_ID",
    "JWT_ISSUER",
    "JWKS_URL",
    "LAKE_BUCKET",
    "ATHENA_WORKGROUP",
    "GLUE_DATABASE",
    "GOV_API_URL",
)


def require_serving_settings() -> None:
    """Check the settings that `manage.py deploy` and the operator provide.

    Raises:
        ConfigurationError: naming every setting that is missing or too short to be a secret.
    """
    missing = [f"LIBRETA_{name}" for name in _NEEDED if not getattr(settings, name)]
    weak = [
        f"LIBRETA_{name}"
        for name in ("SECRET_KEY", "PSEUDONYM_KEY")
        if len(getattr(settings, name)) < _SHORTEST_SECRET_CHARS
    ]
    if missing or weak:
        raise ConfigurationError(f"settings missing or too short: {', '.join(missing + weak)}")


def warm_up() -> None:
    """Do before the first request what it would have to wait for: routes and views imported, clients built.

    Nothing is sent: a cloud that does not answer keeps no process from starting.
    """
    get_resolver().url_patterns  # noqa: B018 - reading it imports the views
    scoped_client("dynamodb")
    service_client("sts")
    verifier()
