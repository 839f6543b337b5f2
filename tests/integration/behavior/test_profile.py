"""Who teaches a student sees what the student's events come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.behavior.support import make_event
from tests.integration.evaluations.conftest import ApiClient
from tests.support.cloud import Cloud, acting_as
from tests.support.events import store
from tests.support.schools import import_school
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from tests.support.schools import TestSchool


@pytest.fixture
def school(cloud: Cloud, school_id: str) -> TestSchool:  # noqa: ARG001 - the cloud must stand
    with acting_as("operator"):
        return import_school(school_id)


def client_of(school_id: str, role: Role, person_id: str) -> ApiClient:
    return ApiClient(id_token_of(make_account(f"{person_id}.{school_id}", role, school_id, person_id)))


def test_teacher_and_administrator_see_kinds_and_latest_without_notes(school: TestSchool) -> None:
    sent = [make_event(kind="late"), make_event(value=2.5, note="secreto"), make_event(kind="late")]
    store(school.school_id, "student-000", sent)
    store(school.school_id, "student-000", sent)  # delivered again
    store(school.school_id, "student-001", [make_event()])
    for role, person_id in ((Role.TEACHER, "teacher-1"), (Role.SCHOOL_ADMIN, "")):
        answer = client_of(school.school_id, role, person_id).get("/students/student-000/behavior")
        assert answer.status_code == 200
        profile = answer.json()
        assert [(kind["kind"], kind["events"], kind["last_7_days"]) for kind in profile["kinds"]] == [
            ("late", 2, 2),
            ("participation", 1, 1),
        ]
        assert {event["event_id"] for event in profile["latest"]} == {event["event_id"] for event in sent}
        assert "secreto" not in answer.text


@pytest.mark.parametrize(
    ("role", "person_id", "student_id", "status"),
    [
        (Role.TEACHER, "nobody-1", "student-000", 403),
        (Role.STUDENT, "student-000", "student-000", 403),
        (Role.AUDITOR, "", "student-000", 403),
        (Role.SCHOOL_ADMIN, "", "nobody", 404),
        (Role.TEACHER, "teacher-1", "nobody", 404),
    ],
)
def test_nobody_else_does(school: TestSchool, role: Role, person_id: str, student_id: str, status: int) -> None:
    assert client_of(school.school_id, role, person_id).get(f"/students/{student_id}/behavior").status_code == status
