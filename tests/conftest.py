"""Loaded before Django: importing ``tests.environment`` sets this run's environment, then Django is set up."""

import os
from collections import Counter
from typing import TYPE_CHECKING

import django
import pytest
from hypothesis import HealthCheck, settings
from structlog.contextvars import clear_contextvars

import tests.environment  # noqa: F401
from tests.support.call_shapes import check_call_shapes
from tests.support.service_models import read_service_models_once
from tests.support.static_files import find_static_files_once

if TYPE_CHECKING:
    from collections.abc import Iterator

# no example has a time of its own: how long it takes is the machine's
settings.register_profile("libreta", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("libreta")
LONGEST_FIRST = (["e2e"], ["integration", "isolation"], ["integration"], ["unit"])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the adapter's suite run against another engine."""
    parser.addoption(
        "--dynamodb-endpoint", default="", help="a DynamoDB engine on the loopback, instead of the emulator"
    )


def pytest_configure() -> None:
    """Set Django up, now that the environment is this run's own, and let tests see the log lines."""
    django.setup()
    from tests.support.logs import log_through_the_library  # noqa: PLC0415 - it needs Django's settings

    log_through_the_library()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let the test processes start as this one did: without settings, until each has set its own environment."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(scope="session", autouse=True)
def _patches() -> "Iterator[None]":
    """What holds for every test: its calls to DynamoDB are checked, and what never changes is read once."""
    with pytest.MonkeyPatch.context() as patch:
        check_call_shapes(patch)
        find_static_files_once(patch)
        read_service_models_once(patch)
        yield


@pytest.fixture(autouse=True)
def _own_log_context() -> "Iterator[None]":
    """What a test binds to its log lines stands in no other test's."""
    clear_contextvars()
    yield
    clear_contextvars()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test an id of its own, for of two with one id the test processes would run one; longest files first.

    Raises:
        pytest.UsageError: two tests still have the same id.
    """
    for item in items:
        if operation := getattr(item, "operation_label", None):  # schemathesis's tests have only a name of their own
            item._id = item.id.with_params(operation)
    if shared := [name for name, tests in Counter(item.nodeid for item in items).items() if tests > 1]:
        raise pytest.UsageError(f"several tests are called {', '.join(shared)}")
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    folder = item.nodeid.split("/")[1:3]
    return next((place for place, prefix in enumerate(LONGEST_FIRST) if folder[: len(prefix)] == prefix), 0)
