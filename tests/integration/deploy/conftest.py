"""Fixtures of the tests of deploying: a second stack beside the run's own, which a test may change and damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.stack import deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

SPARE = deployment.DataPlane(env="spare")


@pytest.fixture(scope="session")
def clients(cloud: Cloud) -> deployment.Clients:
    """Root's clients, as an administrator deploys with."""
    return cloud.administrator


@pytest.fixture(scope="module")
def outputs(clients: deployment.Clients) -> dict[str, str]:
    """The spare stack, brought back to the template. A test that changes it puts it right itself."""
    return deployment.deploy_data_plane(clients, SPARE)


@pytest.fixture
def restored(clients: deployment.Clients) -> Iterator[None]:
    """The spare stack is brought back to the template after the test."""
    yield
    deployment.deploy_data_plane(clients, SPARE)
