"""Fixtures of the tests against the emulated cloud."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from edu.tenancy import enter_school
from tests.support.cloud import Cloud, acting_as, running_cloud
from tests.support.schools import TestSchool, import_school

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """The emulated cloud of this run; the test process signs as the service ``web``."""
    with running_cloud() as running:
        yield running


@pytest.fixture
def as_worker(cloud: Cloud) -> Iterator[Cloud]:
    """The same, signing as the service ``worker`` (which may also assume ``platform``)."""
    with acting_as("worker"):
        yield cloud


@pytest.fixture
def as_operator(cloud: Cloud) -> Iterator[Cloud]:
    """The same, signing as the service ``operator``."""
    with acting_as("operator"):
        yield cloud


@pytest.fixture
def school_id() -> str:
    """A school nobody else uses."""
    return f"escuela-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def other_school_id(school_id: str) -> str:
    """A second one whose id begins with the first's: what a sloppy prefix would let through."""
    return f"{school_id}0"


@pytest.fixture
def in_school(cloud: Cloud, school_id: str) -> Iterator[str]:  # noqa: ARG001 - the cloud must stand
    """The test runs inside the school's scope."""
    with enter_school(school_id):
        yield school_id


@pytest.fixture
def school(cloud: Cloud, school_id: str) -> TestSchool:  # noqa: ARG001 - the cloud must stand
    """A school with two sections and three students."""
    with acting_as("worker"):
        return import_school(school_id)


@pytest.fixture
def other_school(cloud: Cloud, other_school_id: str) -> TestSchool:  # noqa: ARG001 - the cloud must stand
    """A neighbour whose ids are all the same but the school's own."""
    with acting_as("worker"):
        return import_school(other_school_id)
