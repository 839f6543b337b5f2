"""Loaded before Django: importing ``tests.environment`` sets this run's environment, then Django is set up."""

import os
from typing import TYPE_CHECKING

import django
import pytest
import structlog

import tests.environment  # noqa: F401
from tests.support.call_shapes import check_call_shapes
from tests.support.static_files import find_static_files_once

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the adapter's suite run against another engine."""
    parser.addoption(
        "--dynamodb-endpoint", default="", help="a DynamoDB engine on the loopback, instead of the emulator"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Test processes set their own environment; with the settings named in it, Django would read them too early."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_configure() -> None:
    """Set Django up, now that the environment is this run's own.

    Loggers are not kept after their first use, or ``capture_logs`` would miss those that an earlier test used.
    """
    django.setup()
    structlog.configure(cache_logger_on_first_use=False)


@pytest.fixture(scope="session", autouse=True)
def _call_shapes() -> "Iterator[None]":
    """Each test's calls to DynamoDB are checked, since botocore does not check the product's."""
    with pytest.MonkeyPatch.context() as patch:
        check_call_shapes(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> "Iterator[None]":
    """The console's static files are looked for once."""
    with pytest.MonkeyPatch.context() as patch:
        find_static_files_once(patch)
        yield
