"""A wrong address stops the program at start-up, in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edu.aws.endpoint import check_endpoint
from edu.errors import ConfigurationError
from tests.support.processes import SOURCE_ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOT_LOOPBACK = [
    *("", "127.0.0.1:4566", "http://127.0.0.1", "http://localhost:4566", "http://dynamodb.us-east-1.amazonaws.com:443"),
    *("https://127.0.0.1.evil.example", "https://127.0.0.1.evil.example:4566", "http://0.0.0.0:4566", "http://[::]:80"),
    *("http://evil.example@127.0.0.1:4566", "http://:x@127.0.0.1:4566", "http://127.0.0.1@evil.example:4566"),
    *("http://evil.example:4566#@127.0.0.1:4566", "http://evil.example:80\\@127.0.0.1:4566", "http://127.1:4566"),
    *("http://0x7f000001:4566", "http://2130706433:4566", "http://127.0.0.1:99999", "http://127.0.0.1:port"),
    *("http://[::1", "http://[127.0.0.1]:80", "ftp://127.0.0.1:4566", "//127.0.0.1:4566", "http://169.254.169.254:80"),
]


@pytest.mark.parametrize("url", NOT_LOOPBACK)
def test_local_refuses_what_is_not_a_loopback_address_with_a_port(url: str) -> None:
    with pytest.raises(ConfigurationError):
        check_endpoint("local", url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "https://127.0.0.1:4566", "http://127.9.8.7:1"])
def test_local_takes_a_loopback_address(url: str) -> None:
    assert check_endpoint("local", url) == url


@pytest.mark.parametrize("cloud", ["", "Local", "AWS", "prod", "local "])
def test_any_other_cloud_refused(cloud: str) -> None:
    with pytest.raises(ConfigurationError):
        check_endpoint(cloud, "http://127.0.0.1:4566")


@pytest.fixture
def no_endpoint_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")


@pytest.mark.usefixtures("no_endpoint_variables")
def test_aws_without_overrides_is_awss_own_endpoint() -> None:
    assert check_endpoint("aws", "") is None


@pytest.mark.usefixtures("no_endpoint_variables")
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_STS"])
def test_aws_refuses_every_override(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4566")
    with pytest.raises(ConfigurationError, match=name):
        check_endpoint("aws", "")


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"])
def test_broker_variables_of_celery_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sqs://")
    with pytest.raises(ConfigurationError, match=name):
        check_endpoint("local", "http://127.0.0.1:4566")


WRONG_STARTS: list[dict[str, str]] = [
    {},
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
    {"LIBRETA_CLOUD": "local"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "https://dynamodb.us-east-1.amazonaws.com"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "https://127.0.0.1.evil.example"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "http://localhost:4566"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "http://127.0.0.1"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "http://[::1"},
    {"LIBRETA_CLOUD": "local", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "CELERY_BROKER_URL": "sqs://"},
    {"LIBRETA_CLOUD": "aws", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
    {"LIBRETA_CLOUD": "aws", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:4566"},
]


@pytest.mark.parametrize("given", WRONG_STARTS, ids=str)
def test_wrong_setting_ends_manage_py_with_code_2_and_one_line(given: dict[str, str], tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIBRETA_"))}
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=SOURCE_ROOT,
        env=kept | {"LIBRETA_STATE_DIR": str(tmp_path)} | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("configuration_error: ")
