"""What stops a serving process before it serves."""

from __future__ import annotations

import gc
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edu.configuration.declared import SETTINGS
from edu.errors import ConfigurationError
from edu.queues import QUEUES
from edu.startup import keep_what_is_loaded, require_serving_settings

if TYPE_CHECKING:
    from pytest_django import Settings

ROOT = Path(__file__).resolve().parents[3]
POOL = "us-east-1_AbCdEfGhI"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
ROLE, QUEUE = (
    "arn:aws:iam::123456789012:role/libreta-prod",
    "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-prod",
)
GIVEN = {
    "TABLE_NAME": "libreta-prod",
    "TENANT_ROLE_ARN": f"{ROLE}-tenant",
    "PLATFORM_ROLE_ARN": f"{ROLE}-platform",
    "CONSOLE_ROLE_ARN": f"{ROLE}-console",
    "LAKE_ROLE_ARN": f"{ROLE}-lake",
    "USER_POOL_CLIENT_ID": "1h57kf5cpq17m0eml12EXAMPLE",
    "LAKE_BUCKET": "libreta-prod-lake-123456789012",
    "ATHENA_WORKGROUP": "libreta-prod",
    "GLUE_DATABASE": "libreta_prod",
    "GOV_API_URL": "https://notas.gobierno.example/api",
    **{queue.setting: f"{QUEUE}-{queue.name}" for queue in QUEUES},
}
NAMES = tuple(GIVEN)
OTHER_SECRET = secrets.token_urlsafe(32)
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
    "no government key": ({"GOV_API_KEY": ""}, "LIBRETA_GOV_API_KEY must have 16 characters or more"),
    "government key of one letter": ({"GOV_API_KEY": "k" * 40}, "LIBRETA_GOV_API_KEY is not random"),
    "government key with a line end": ({"GOV_API_KEY": f"{OTHER_SECRET}\n"}, "LIBRETA_GOV_API_KEY has characters"),
    "one value for two secrets": (
        {"SECRET_KEY": OTHER_SECRET, "PSEUDONYM_KEY": OTHER_SECRET},
        "LIBRETA_SECRET_KEY and LIBRETA_PSEUDONYM_KEY must differ",
    ),
    "government's key for our own": (
        {"PSEUDONYM_KEY": OTHER_SECRET, "GOV_API_KEY": OTHER_SECRET},
        "LIBRETA_PSEUDONYM_KEY and LIBRETA_GOV_API_KEY must differ",
    ),
    "every host of .com": ({"ALLOWED_HOSTS": [".com"]}, "LIBRETA_ALLOWED_HOSTS must name hosts"),
    "every host under ours": ({"ALLOWED_HOSTS": [".libreta.example"]}, "LIBRETA_ALLOWED_HOSTS must name hosts"),
    "a laptop's hosts": ({"ALLOWED_HOSTS": ["127.0.0.1", "localhost"]}, "LIBRETA_ALLOWED_HOSTS must name hosts"),
    "origins of everybody": ({"CSRF_TRUSTED_ORIGINS": ["http://*"]}, "LIBRETA_CSRF_TRUSTED_ORIGINS must hold origins"),
    "origins of a pattern": (
        {"CSRF_TRUSTED_ORIGINS": ["https://libreta.example", "https://*.example"]},
        "LIBRETA_CSRF_TRUSTED_ORIGINS must hold origins",
    ),
    "origin in clear": ({"CSRF_TRUSTED_ORIGINS": ["http://libreta.example"]}, "LIBRETA_CSRF_TRUSTED_ORIGINS must hold"),
    "origin with a path": ({"CSRF_TRUSTED_ORIGINS": ["https://libreta.example/"]}, "LIBRETA_CSRF_TRUSTED_ORIGINS must"),
    "queue in clear": (
        {"BEHAVIOR_QUEUE_URL": GIVEN["BEHAVIOR_QUEUE_URL"].replace("https", "http")},
        "LIBRETA_BEHAVIOR_QUEUE_URL is no https address of a queue in us-east-1",
    ),
    "queue of another region": (
        {"GOVSYNC_QUEUE_URL": GIVEN["GOVSYNC_QUEUE_URL"].replace("us-east-1", "eu-west-1")},
        "LIBRETA_GOVSYNC_QUEUE_URL is no https address of a queue in us-east-1",
    ),
    "queue elsewhere": (
        {"GOVSYNC_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com.evil.example/123456789012/q"},
        "LIBRETA_GOVSYNC_QUEUE_URL is no https address of a queue in us-east-1",
    ),
    "one queue for two": (
        {"GOVSYNC_QUEUE_URL": GIVEN["MAINTENANCE_QUEUE_URL"]},
        "LIBRETA_GOVSYNC_QUEUE_URL and LIBRETA_MAINTENANCE_QUEUE_URL must differ",
    ),
    "one role for two": (
        {"CONSOLE_ROLE_ARN": f"{ROLE}-tenant"},
        "LIBRETA_TENANT_ROLE_ARN and LIBRETA_CONSOLE_ROLE_ARN must differ",
    ),
    "user for a role": (
        {"TENANT_ROLE_ARN": "arn:aws:iam::123456789012:user/libreta"},
        "LIBRETA_TENANT_ROLE_ARN is no role's ARN",
    ),
    "no trusted proxy": (
        {"REST_FRAMEWORK": {"NUM_PROXIES": 0}},
        "LIBRETA_TRUSTED_PROXIES must be from 1 to 5",
    ),
    "canaries that are schools": (
        {"CANARY_SCHOOLS": ["san-martin", "los-andes"]},
        "LIBRETA_CANARY_SCHOOLS must be two different ids that begin with canary-",
    ),
    "one canary twice": ({"CANARY_SCHOOLS": ["canary-a", "canary-a"]}, "LIBRETA_CANARY_SCHOOLS must be two different"),
    "canary with a wildcard": ({"CANARY_SCHOOLS": ["canary-a", "canary-*"]}, "LIBRETA_CANARY_SCHOOLS must be two"),
    "canaries once a day": ({"CANARY_EVERY_S": 86_400}, "LIBRETA_CANARY_EVERY_S must be from 60 to 900 s"),
    "government in clear": ({"GOV_API_URL": "http://notas.gobierno.example"}, "LIBRETA_GOV_API_URL must be an https"),
    "government on this machine": ({"GOV_API_URL": "https://127.0.0.1:8002"}, "LIBRETA_GOV_API_URL must be an https"),
    "a log that says everything": ({"LOG_LEVEL": "DEBUG"}, "LIBRETA_LOG_LEVEL must be INFO"),
    "a log without metrics": ({"LOG_LEVEL": "WARNING"}, "LIBRETA_LOG_LEVEL must be INFO"),
    "no environment": ({"ENVIRONMENT": ""}, "LIBRETA_ENV is no environment of the stack"),
}
NOWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "a shape that no government has": ({"GOV_API_SHAPE": "soap"}, "LIBRETA_GOV_API_SHAPE must be direct or upload"),
    "two keys of the government": (
        {"GOV_API_KEY_SECRET": "libreta-prod-government-key"},
        "LIBRETA_GOV_API_KEY must be empty beside LIBRETA_GOV_API_KEY_SECRET",
    ),
    "a secret that has no name": (
        {"GOV_API_KEY": "", "GOV_API_KEY_SECRET": "two words"},
        "LIBRETA_GOV_API_KEY_SECRET is no secret's name or ARN",
    ),
    "certificates that are not there": (
        {"GOV_CA_FILE": "/nowhere/ca.pem"},
        "LIBRETA_GOV_CA_FILE names no file that can be read",
    ),
    "no connections": ({"AWS_POOL_CONNECTIONS": 0}, "LIBRETA_AWS_POOL_CONNECTIONS must be from 1 to 200"),
    "a session without end": ({"SESSION_COOKIE_AGE": 10**9}, "LIBRETA_SESSION_AGE_S must be from 60 to 86400 s"),
    "a session that is over": ({"SESSION_COOKIE_AGE": 0}, "LIBRETA_SESSION_AGE_S must be from 60 to 86400 s"),
    "more than SQS waits": ({"SQS_WAIT_TIME_S": 21}, "LIBRETA_SQS_WAIT_TIME_S must be from 0 to 20 s"),
    "no rate": ({"API_RATES": {"reads": "", "writes": "1/minute"}}, "LIBRETA_API_READS must be a rate"),
    "rate of nothing": (
        {"API_RATES": {"reads": "9/minute", "writes": "0/minute"}},
        "LIBRETA_API_WRITES must be a rate",
    ),
    "proxies without number": ({"REST_FRAMEWORK": {"NUM_PROXIES": -1}}, "LIBRETA_TRUSTED_PROXIES must be from 0 to 5"),
}


@pytest.fixture
def on_aws(settings: Settings) -> Settings:
    """Settings as the task definition gives them."""
    for name, value in GIVEN.items():
        setattr(settings, name, value)
    settings.CLOUD, settings.AWS_REGION, settings.ENVIRONMENT = "aws", "us-east-1", "prod"
    settings.LOG_LEVEL = "INFO"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    settings.SECRET_KEY, settings.PSEUDONYM_KEY = secrets.token_hex(16), secrets.token_urlsafe(32)
    settings.GOV_API_KEY = secrets.token_urlsafe(24)
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["libreta.example"]
    settings.USER_POOL_ID, settings.PIPE_DLQ_URL = POOL, f"{QUEUE}-pipe-dlq"
    settings.JWT_ISSUER, settings.JWKS_URL = ISSUER, f"{ISSUER}/.well-known/jwks.json"
    return settings


@pytest.mark.usefixtures("on_aws")
def test_settings_of_aws_are_taken() -> None:
    require_serving_settings()


def test_governments_key_may_be_in_a_secret(on_aws: Settings) -> None:
    on_aws.GOV_API_KEY = ""
    on_aws.GOV_API_KEY_SECRET = (
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:libreta-prod-government-key-AbCdEf"
    )
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


@pytest.mark.parametrize("cloud", ["aws", "local"])
@pytest.mark.parametrize("name", NOWHERE)
def test_what_nobody_may_have_stops_the_process_anywhere(on_aws: Settings, name: str, cloud: str) -> None:
    changes, line = NOWHERE[name]
    on_aws.CLOUD = cloud
    for setting, value in changes.items():
        setattr(on_aws, setting, value)
    with pytest.raises(ConfigurationError) as caught:
        require_serving_settings()
    assert line in str(caught.value)


def test_what_a_laptop_left_behind_stops_the_process_on_aws(on_aws: Settings, tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("LIBRETA_SECRET_KEY=x\n", encoding="utf-8")
    on_aws.STATE_DIR = tmp_path
    with pytest.raises(ConfigurationError, match="LIBRETA_STATE_DIR holds"):
        require_serving_settings()


def test_everything_wrong_is_said_at_once_and_no_value_is_repeated(on_aws: Settings) -> None:
    on_aws.GOV_API_KEY = on_aws.SECRET_KEY = OTHER_SECRET
    on_aws.ALLOWED_HOSTS, on_aws.CANARY_SCHOOLS = [".com"], []
    with pytest.raises(ConfigurationError) as caught:
        require_serving_settings()
    said = str(caught.value)
    assert all(part in said for part in ("must differ", "LIBRETA_ALLOWED_HOSTS", "LIBRETA_CANARY_SCHOOLS"))
    assert OTHER_SECRET not in said


def test_every_variable_that_is_read_is_declared_and_explained() -> None:
    read = set(
        re.findall(
            r'(?:env\.\w+\(|environment\.\w+\(\s*env, )"([A-Z_]+)"',
            (ROOT / "edu/settings.py").read_text(encoding="utf-8"),
        )
    )
    read |= {queue.variable for queue in QUEUES}
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    known = {declared.variable for declared in SETTINGS}
    assert read - known == {"LIBRETA_CLOUD", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"}  # edu.aws.endpoint checks them
    assert known <= read
    assert known <= explained


def test_what_is_loaded_is_no_work_for_the_collector() -> None:
    before = gc.get_freeze_count()
    keep_what_is_loaded()
    try:
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
