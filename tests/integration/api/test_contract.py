"""The contract against the real application: requests made from the schema, good and bad, never surprise a client."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from behavior.door.application import event_door
from edu.identity.principal import Role
from tests.support.depth import depth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.api.people import People

CHECKS: list[Any] = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
OTHER_METHOD_CHECKS: list[Any] = [checks.not_a_server_error, openapi_checks.unsupported_method]
CONTRACT: Any = schemathesis.openapi.from_wsgi("/api/v1/schema?format=json", get_wsgi_application())
CONTRACT.config.generation.with_security_parameters = False
DOOR_CONTRACT: Any = CONTRACT.clone()
DOOR_CONTRACT.app = event_door()
bounded = settings(
    max_examples=depth(5, 10),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def checks_of(case: Any) -> list[Any]:
    """A method that the address does not offer is no operation of the contract: it is 405 and says what is offered."""
    return CHECKS if case.method == case.operation.method.upper() else OTHER_METHOD_CHECKS


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Counter[int]]]:
    """How often each operation answered what; at the end each must have been reached behind its refusals."""
    statuses: dict[str, Counter[int]] = {}
    yield statuses
    assert [label for label, found in statuses.items() if not any(200 <= status < 300 for status in found)] == []


@CONTRACT.exclude(operation_id="send_events").parametrize()  # type: ignore[untyped-decorator]  # tests are made at run time
@bounded
def test_contract_holds_for_staff(case: Any, people: People, seen: dict[str, Counter[int]]) -> None:
    """Every request as generated, and again at records that exist."""
    for sent in people.requests(case):
        call(sent, people.sender(case), seen)


@DOOR_CONTRACT.include(operation_id="send_events").parametrize()  # type: ignore[untyped-decorator]  # the same
@bounded
def test_contract_holds_for_the_event_door(case: Any, people: People, seen: dict[str, Counter[int]]) -> None:
    """Every request as generated, and again with an instant that the door takes."""
    for sent in people.requests(case):
        call(sent, people.headers(Role.STUDENT), seen)


def call(case: Any, headers: dict[str, str], seen: dict[str, Counter[int]]) -> None:
    response = case.call_and_validate(headers=headers, checks=checks_of(case))
    if case.method == case.operation.method.upper():
        seen.setdefault(case.operation.label, Counter())[response.status_code] += 1
