"""What a request names and no operation has is refused by name: ignored, a misspelt reason would be a lost one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from tests.integration.evaluations.conftest import ApiClient, problem_of

if TYPE_CHECKING:
    from tests.integration.api.people import People


@pytest.fixture
def teacher(people: People) -> ApiClient:
    return ApiClient(people.tokens[Role.TEACHER])


@pytest.fixture
def admin(people: People) -> ApiClient:
    return ApiClient(people.tokens[Role.SCHOOL_ADMIN])


@pytest.fixture
def evaluation_path(people: People) -> str:
    return f"/evaluations/{people.next_evaluation()}"


def broken(response: Any) -> list[tuple[str, str]]:
    """The fields and rules of an answer that must be a refusal of the data."""
    assert response.status_code == 422, response.content
    found = problem_of(response)
    assert found["code"] == "invalid_input"
    return [(error["field"], error["rule"]) for error in found["errors"]]


def test_field_that_no_evaluation_may_change_is_refused(teacher: ApiClient, evaluation_path: str) -> None:
    refused = teacher.send("PATCH", evaluation_path, {"title": "Otro", "term_id": "term-closed"}, version=1)
    assert broken(refused) == [("term_id", "unknown_field")]
    assert "Ese campo no existe" in refused.content.decode()
    assert teacher.get(evaluation_path).json()["version"] == 1


def test_unknown_field_is_named_beside_the_other_mistakes(teacher: ApiClient, evaluation_path: str) -> None:
    refused = teacher.send("PATCH", evaluation_path, {"weight": "x", "term_id": "t", "pk": "SCHOOL#b"}, version=1)
    assert broken(refused) == [("weight", "invalid"), ("term_id", "unknown_field"), ("pk", "unknown_field")]


def test_misspelt_reason_is_refused(teacher: ApiClient, people: People) -> None:
    path = f"/evaluations/{people.values['evaluation_id']}/scores/student-000"
    version = teacher.get(path).json()["version"]
    refused = teacher.send("PUT", path, {"value": "4.0", "reson": "Error de suma"}, version=version)
    assert broken(refused) == [("reson", "unknown_field")]
    assert teacher.get(path).json()["version"] == version


def test_unknown_field_of_a_section_refuses_the_request_and_of_a_row_the_row(
    teacher: ApiClient, evaluation_path: str
) -> None:
    rows = [
        {"student_id": "student-002", "value": "5.0", "valeu": "6.0"},
        {"student_id": "student-003", "value": "5.0"},
    ]
    assert broken(teacher.send("PUT", f"{evaluation_path}/scores", {"rows": rows, "row": []})) == [
        ("row", "unknown_field")
    ]
    first, second = teacher.send("PUT", f"{evaluation_path}/scores", {"rows": rows}).json()["results"]
    assert (first["problem"]["field"], first["problem"]["rule"]) == ("valeu", "unknown_field")
    assert second["outcome"] == "created"


def test_write_that_takes_no_body_refuses_one(teacher: ApiClient, admin: ApiClient, evaluation_path: str) -> None:
    closing = admin.post("/terms/term-closed/close", {"reason": "Fin del semestre"})
    assert broken(closing) == [("reason", "unknown_field")]
    assert broken(teacher.send("DELETE", evaluation_path, {"force": True}, version=1)) == [("force", "unknown_field")]
    assert teacher.send("DELETE", evaluation_path, "", version=1).status_code == 204


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sections/mat-5a/evaluations?trem=term-open", "trem"),
        ("/sections/mat-5a/consolidated?term=term-open&students=1", "students"),
        ("/sections?term=term-open", "term"),
        ("/sections?format=json", "format"),
        ("/students/student-000/report-card?format=json&school_id=otra", "school_id"),
        (f"/terms?{'x' * 300}=1", "x" * 40),
    ],
)
def test_parameter_that_the_operation_does_not_have_is_refused(teacher: ApiClient, path: str, name: str) -> None:
    assert broken(teacher.get(path)) == [(name, "unknown_parameter")]


def test_writes_take_no_parameters(teacher: ApiClient, evaluation_path: str) -> None:
    refused = teacher.post(f"{evaluation_path}/scores?dry_run=1", {"student_id": "student-002", "value": "5.0"})
    assert broken(refused) == [("dry_run", "unknown_parameter")]


def test_who_may_not_ask_learns_nothing_of_parameters(people: People) -> None:
    assert ApiClient(people.tokens[Role.STUDENT]).get("/sections?x=1").status_code == 403
    assert ApiClient("no-token").get("/sections?x=1").status_code == 401
