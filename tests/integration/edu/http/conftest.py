"""The teacher, school and evaluation of the API's own tests, and one set of them that a whole module shares."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from tests.integration.edu.http.servers import Knocking, Servers
from tests.integration.evaluations.conftest import (
    ApiClient,
    account_of,
    evaluation_id,
    exam,
    neighbour,
    teacher,
)
from tests.support.cloud import acting_as
from tests.support.processes import running_door, running_server
from tests.support.schools import OPEN_TERM, TestSchool, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

__all__ = ["evaluation_id", "exam", "neighbour", "teacher"]


@dataclass(frozen=True)
class Place:
    """A school where a module's tests only try what is refused."""

    school: TestSchool
    teacher: ApiClient
    exam: dict[str, Any]
    evaluation_id: str


@pytest.fixture(scope="module")
def place(cloud: Cloud) -> Place:  # noqa: ARG001 - the cloud must stand
    with acting_as("worker"):
        school = import_school(f"escuela-{uuid.uuid4().hex[:8]}")
    teacher = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-1")))
    held_on = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on.isoformat()
    exam = {"term_id": OPEN_TERM, "kind": "exam", "title": "Prueba", "weight": "25.00", "held_on": held_on}
    created = teacher.post("/sections/mat-5a/evaluations", exam)
    return Place(school, teacher, exam, created.json()["evaluation_id"])


@pytest.fixture(scope="session")
def servers(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both doors, with little patience for bodies."""
    temporary = tmp_path_factory.mktemp("temporary")
    patience = {"LIBRETA_BODY_TIMEOUT_S": "3", "LIBRETA_SILENCE_TIMEOUT_S": "3", "TMPDIR": str(temporary)}
    web = running_server(cloud, application="edu.web:app", interface="asgi", **patience)
    with web as (web_process, web_url), running_door(cloud, **patience) as (door_process, door_url):
        yield Servers(web_url, door_url, web_process.pid, door_process.pid, temporary)


@pytest.fixture(scope="session")
def hostile(cloud: Cloud) -> Knocking:  # noqa: ARG001 - the cloud must stand
    """Who attacks."""
    return Knocking.of_a_new_school()


@pytest.fixture(scope="session")
def honest(cloud: Cloud) -> Knocking:  # noqa: ARG001 - the cloud must stand
    """Who works meanwhile, at another school."""
    return Knocking.of_a_new_school()
