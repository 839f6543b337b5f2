"""The people of one school, for generated and for written requests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.integration.api.people import People, make_people

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


@pytest.fixture(scope="module")
def people(cloud: Cloud) -> People:  # noqa: ARG001 - the cloud must stand
    return make_people(f"contrato-{uuid.uuid4().hex[:8]}")
