"""Loaded before Django: importing ``tests.environment`` sets this run's environment, then Django is set up."""

from typing import TYPE_CHECKING

import django
import structlog

import tests.environment  # noqa: F401

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: "pytest.Parser") -> None:
    """Let the adapter's suite run against another engine."""
    parser.addoption(
        "--dynamodb-endpoint", default="", help="a DynamoDB engine on the loopback, instead of the emulator"
    )


def pytest_configure() -> None:
    """Set Django up, now that the environment is this run's own.

    Loggers are not kept after their first use, or ``capture_logs`` would miss those that an earlier test used.
    """
    django.setup()
    structlog.configure(cache_logger_on_first_use=False)
