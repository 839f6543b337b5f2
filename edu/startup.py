"""What a serving process must have before it serves: missing settings stop it at start, not at the first request."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import get_resolver

from edu.aws.clients import service_client
from edu.aws.endpoint import AWS
from edu.aws.scoped_clients import scoped_client
from edu.errors import ConfigurationError
from edu.identity.tokens import verifier
from edu.queues import QUEUES

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_SECRET_CHARS = 32
_FEWEST_DIFFERENT_CHARS = 8
_SECRETS = ("SECRET_KEY", "PSEUDONYM_KEY")
_NEEDED = (
    "TABLE_NAME",
    "TENANT_ROLE_ARN",
    "PLATFORM_ROLE_ARN",
    "CONSOLE_ROLE_ARN",
    *(queue.setting for queue in QUEUES),
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
        ConfigurationError: naming every setting that is missing, too short to be a secret, or wrong on AWS.
    """
    missing = [f"LIBRETA_{name}" for name in _NEEDED if not getattr(settings, name)]
    weak = [f"LIBRETA_{name}" for name in _SECRETS if len(getattr(settings, name)) < _SHORTEST_SECRET_CHARS]
    if missing or weak:
        raise ConfigurationError(f"settings missing or too short: {', '.join(missing + weak)}")
    if settings.CLOUD == AWS and (wrong := list(_wrong_on_aws())):
        raise ConfigurationError(f"LIBRETA_CLOUD=aws: {'; '.join(wrong)}")


def _wrong_on_aws() -> Iterator[str]:
    """What may be so on a laptop only."""
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield "LIBRETA_SECURE_COOKIES must not be false"
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield "LIBRETA_ALLOWED_HOSTS must name hosts"
    if not set(settings.INSTALLED_APPS) <= set(settings.PRODUCTION_APPS):
        yield "LIBRETA_EXTRA_APPS must be empty"
    for name in _SECRETS:
        if len(set(getattr(settings, name))) < _FEWEST_DIFFERENT_CHARS:
            yield f"LIBRETA_{name} is not random"
    issuer = _issuer_of(settings.USER_POOL_ID, settings.AWS_REGION)
    if not settings.USER_POOL_ID.startswith(f"{settings.AWS_REGION}_"):
        yield f"LIBRETA_USER_POOL_ID is no pool of {settings.AWS_REGION}"
    if issuer != settings.JWT_ISSUER:
        yield f"LIBRETA_JWT_ISSUER must be {issuer}"
    if f"{issuer}/.well-known/jwks.json" != settings.JWKS_URL:
        yield f"LIBRETA_JWKS_URL must be {issuer}/.well-known/jwks.json"


def _issuer_of(pool_id: str, region: str) -> str:
    """The issuer of a user pool's tokens, under which its keys lie too.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://cognito-idp.{region}.{domain}/{pool_id}"


def allow_open_files() -> None:
    """Let this process have as many files open as the machine allows: each connection is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def warm_up() -> None:
    """Do before the first request what it would have to wait for: routes and views imported, clients built.

    Nothing is sent: a cloud that does not answer keeps no process from starting.
    """
    get_resolver().url_patterns  # noqa: B018 - reading it imports the views
    scoped_client("dynamodb")
    service_client("sts")
    verifier()
