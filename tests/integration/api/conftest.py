"""The people of one school, for generated and for written requests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from analytics.services import asking
from tests.integration.api.people import People, make_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud


@pytest.fixture(scope="module", autouse=True)
def _many_questions() -> Iterator[None]:
    """Generated requests ask more of the lake than a school may in a minute, as they do of the API's other limits."""
    with mock.patch.object(asking, "MOST_STARTS", 100_000):
        yield


@pytest.fixture(scope="module")
def people(cloud: Cloud) -> People:  # noqa: ARG001 - the cloud must stand
    return make_people(f"contrato-{uuid.uuid4().hex[:8]}")
