"""What stops a serving process before it serves."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from edu.errors import ConfigurationError
from edu.queues import QUEUES
from edu.startup import require_serving_settings

if TYPE_CHECKING:
    from pytest_django import Settings

POOL = "us-east-1_AbCdEfGhI"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
NAMES = (
    *("TABLE_NAME", "TENANT_ROLE_ARN", "PLATFORM_ROLE_ARN", "CONSOLE_ROLE_ARN", "USER_POOL_CLIENT_ID", "LAKE_BUCKET"),
    *("ATHENA_WORKGROUP", "GLUE_DATABASE", "GOV_API_URL", *(queue.setting for queue in QUEUES)),
)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "session cookie": ({"SESSION_COOKIE_SECURE": False}, "LIBRETA_SECURE_COOKIES must not be false"),
    "form cookie": ({"CSRF_COOKIE_SECURE": False}, "LIBRETA_SECURE_COOKIES must not be false"),
    "any host": ({"ALLOWED_HOSTS": ["libreta.example", "*"]}, "LIBRETA_ALLOWED_HOSTS must name hosts"),
    "no host": ({"ALLOWED_HOSTS": []}, "LIBRETA_ALLOWED_HOSTS must name hosts"),
    "emulator": ({"INSTALLED_APPS": ["edu", "deploy.emulator"]}, "LIBRETA_EXTRA_APPS must be empty"),
    "emulator's config": (
        {"INSTALLED_APPS": ["deploy.emulator.apps.EmulatorConfig"]},
        "LIBRETA_EXTRA_APPS must be empty",
    ),
    "secret": ({"SECRET_KEY": "a" * 32}, "LIBRETA_SECRET_KEY is not random"),
    "pseudonyms' secret": ({"PSEUDONYM_KEY": "abcdefg" * 9}, "LIBRETA_PSEUDONYM_KEY is not random"),
    "region": ({"AWS_REGION": "sa-east-1"}, "LIBRETA_USER_POOL_ID is no pool of sa-east-1"),
    "issuer": ({"JWT_ISSUER": "https://evil.example"}, f"LIBRETA_JWT_ISSUER must be {ISSUER}"),
    "other pool's issuer": ({"JWT_ISSUER": f"{ISSUER}x"}, f"LIBRETA_JWT_ISSUER must be {ISSUER}"),
    "keys over HTTP": (
        {"JWKS_URL": f"{ISSUER.replace('https', 'http')}/.well-known/jwks.json"},
        f"LIBRETA_JWKS_URL must be {ISSUER}/.well-known/jwks.json",
    ),
    "keys from elsewhere": (
        {"JWKS_URL": "https://evil.example/.well-known/jwks.json"},
        f"LIBRETA_JWKS_URL must be {ISSUER}/.well-known/jwks.json",
    ),
}


@pytest.fixture
def on_aws(settings: Settings) -> Settings:
    """Settings as the task definition gives them."""
    for name in NAMES:
        setattr(settings, name, "given")
    settings.CLOUD, settings.AWS_REGION = "aws", "us-east-1"
    settings.SECRET_KEY, settings.PSEUDONYM_KEY = secrets.token_hex(16), secrets.token_urlsafe(32)
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["libreta.example"]
    settings.USER_POOL_ID = POOL
    settings.JWT_ISSUER, settings.JWKS_URL = ISSUER, f"{ISSUER}/.well-known/jwks.json"
    return settings


@pytest.mark.usefixtures("on_aws")
def test_settings_of_aws_are_taken() -> None:
    require_serving_settings()


@pytest.mark.parametrize("name", WRONG)
def test_what_only_a_laptop_may_have_stops_the_process_on_aws(on_aws: Settings, name: str) -> None:
    changes, line = WRONG[name]
    for setting, value in changes.items():
        setattr(on_aws, setting, value)
    with pytest.raises(ConfigurationError) as caught:
        require_serving_settings()
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", WRONG)
def test_a_laptop_may_have_it(on_aws: Settings, name: str) -> None:
    on_aws.CLOUD = "local"
    for setting, value in WRONG[name][0].items():
        setattr(on_aws, setting, value)
    require_serving_settings()


@pytest.mark.parametrize("name", [*NAMES, "PSEUDONYM_KEY", "JWT_ISSUER", "JWKS_URL", "USER_POOL_ID"])
def test_missing_setting_is_named(on_aws: Settings, name: str) -> None:
    setattr(on_aws, name, "")
    with pytest.raises(ConfigurationError, match=f"LIBRETA_{name}"):
        require_serving_settings()


@pytest.mark.parametrize("name", ["SECRET_KEY", "PSEUDONYM_KEY"])
def test_short_secret_is_named(on_aws: Settings, name: str) -> None:
    setattr(on_aws, name, secrets.token_hex(15))
    with pytest.raises(ConfigurationError, match=f"too short: LIBRETA_{name}"):
        require_serving_settings()
