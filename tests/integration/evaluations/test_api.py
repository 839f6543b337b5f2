"""A teacher's requests, over Django's whole stack, with real tokens and the real table."""

from __future__ import annotations

import contextvars
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from edu import audit, clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from tests.integration.evaluations.conftest import ApiClient, account_of
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

SCORE = {"student_id": "student-001", "value": "6.5"}
CORRELATION_ID = "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"


def _problem(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    assert found["correlation_id"] == response.headers["X-Correlation-Id"]
    return found


def test_evaluation_created_and_read_back(teacher: ApiClient, exam: dict[str, Any]) -> None:
    created = teacher.post("/sections/mat-5a/evaluations", exam)
    assert created.status_code == 201
    assert created.headers["ETag"] == '"1"'
    body = created.json()
    assert {name: body[name] for name in exam} == exam
    assert body["section_id"] == "mat-5a"
    assert body["course_id"] == "mat-5"
    read = teacher.get(f"/evaluations/{body['evaluation_id']}")
    assert read.status_code == 200
    assert read.json() == body
    listed = teacher.get("/sections/mat-5a/evaluations").json()
    assert [e["evaluation_id"] for e in listed["results"]] == [body["evaluation_id"]]


def test_score_recorded_and_read_back(teacher: ApiClient, evaluation_id: str) -> None:
    created = teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE)
    assert created.status_code == 201
    read = teacher.get(f"/evaluations/{evaluation_id}/scores/student-001")
    assert read.json() == created.json()
    assert read.json()["value"] == "6.5"
    assert teacher.get(f"/evaluations/{evaluation_id}/scores").json()["results"] == [created.json()]


def test_name_offered_as_correlation_id_stays_out_of_the_audit_trail(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE, X_Correlation_Id="ana-munoz-rojas")
    with enter_school(school.school_id):
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
    asked = [entry for entry in entries if entry.action not in {"school.imported", "roster.imported"}]
    assert {entry.action for entry in asked} == {"evaluation.created", "score.recorded"}
    assert all(re.fullmatch("[0-9a-f]{32}", entry.correlation_id) for entry in asked)


def test_score_write_leaves_audit_entry_and_pending_mark(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    response = teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE, X_Correlation_Id=CORRELATION_ID)
    with enter_school(school.school_id):
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
        pending = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
        [score] = table.get_items([_score_key(evaluation_id)], consistent=True)
    entry = entries[0]
    assert entry.subject == f"score:{evaluation_id}:student-001"
    assert (entry.action, entry.role, entry.correlation_id) == ("score.recorded", "teacher", CORRELATION_ID)
    assert response.headers["X-Correlation-Id"] == CORRELATION_ID
    visible = {k: v for k, v in score.items() if k in SCORE_FIELDS}
    assert entry.after_digest == audit.digest_of(visible, score[audit.SALT])
    assert [(g.evaluation_id, g.student_id, g.value) for g in pending] == [(evaluation_id, "student-001", "6.5")]


SCORE_FIELDS = {
    *("evaluation_id", "student_id", "section_id", "course_id", "term_id", "kind"),
    *("state", "value", "late", "version", "recorded_by", "recorded_at"),
}


def _score_key(evaluation_id: str) -> Any:
    return Key(school_partition("EVALUATION", evaluation_id), "SCORE#student-001")


def test_same_idempotency_key_same_bytes_one_effect(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    with ThreadPoolExecutor(8) as pool:
        running = [
            pool.submit(contextvars.Context().run, teacher.post, path, SCORE, key="same-key-same-request")
            for _ in range(8)
        ]
        answers = [future.result() for future in running]
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.content, answer.headers["ETag"]) for answer in answers}) == 1


def test_evaluation_retried_with_same_key_is_created_once(teacher: ApiClient, exam: dict[str, Any]) -> None:
    first = teacher.post("/sections/mat-5a/evaluations", exam, key="retry-1")
    again = teacher.post("/sections/mat-5a/evaluations", exam, key="retry-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert len(teacher.get("/sections/mat-5a/evaluations").json()["results"]) == 1


def test_repeated_answer_says_that_it_is_one(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    first, again = (teacher.post(path, SCORE, key="told-twice") for _ in range(2))
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    own = {"Idempotent-Replayed", "X-Correlation-Id"}
    told = [{name: value for name, value in one.headers.items() if name not in own} for one in (first, again)]
    assert (told[0], first.content) == (told[1], again.content)


@pytest.mark.parametrize(
    "written",
    [
        b'{"student_id":"student-001","value":"6.5"}',
        b'{\n  "value": "6.5",\n  "student_id": "student-001"\n}\n',
        rb'{"student_id": "student-00\u0031", "value": "6.5"}',
    ],
)
def test_same_json_written_otherwise_is_the_same_request(
    teacher: ApiClient, evaluation_id: str, written: bytes
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    first = teacher.post(path, SCORE, key="written-twice")
    again = teacher.post(path, written, key="written-twice")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_number_written_otherwise_is_another_request(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    teacher.post(path, b'{"student_id":"student-001","value":6.5}', key="numbers")
    refused = teacher.post(path, b'{"student_id":"student-001","value":6.50}', key="numbers")
    assert (refused.status_code, _problem(refused)["code"]) == (422, "idempotency_key_reused")


def test_idempotency_key_reused_with_other_data_refused(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    teacher.post(path, SCORE, key="reused")
    refused = teacher.post(path, {**SCORE, "value": "3.0"}, key="reused")
    assert (refused.status_code, _problem(refused)["code"]) == (422, "idempotency_key_reused")
    assert teacher.get(f"{path}/student-001").json()["value"] == "6.5"


def test_write_without_idempotency_key_refused(teacher: ApiClient, evaluation_id: str) -> None:
    refused = teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE, key="")
    assert (refused.status_code, _problem(refused)["code"]) == (400, "idempotency_key_required")


def test_late_score_is_recorded_and_read_back_as_late(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    created = teacher.post(f"/evaluations/{evaluation_id}/scores", {**SCORE, "late": True}).json()
    assert (created["state"], created["value"], created["late"]) == ("recorded", "6.5", True)
    assert teacher.get(f"/evaluations/{evaluation_id}/scores/student-001").json() == created
    listed = teacher.get("/students/student-001/scores").json()["results"]
    assert [found["late"] for found in listed] == [True]
    with enter_school(school.school_id):
        entry = audit.list_month(clock.now().strftime("%Y-%m")).items[0]
        [item] = table.get_items([_score_key(evaluation_id)], consistent=True)
    visible = {k: v for k, v in item.items() if k in SCORE_FIELDS}
    assert entry.after_digest == audit.digest_of(visible, item[audit.SALT])
    assert entry.after_digest != audit.digest_of(visible | {"late": False}, item[audit.SALT])


def test_score_stored_before_there_was_the_flag_is_not_late(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE)
    with enter_school(school.school_id):
        [item] = table.get_items([_score_key(evaluation_id)], consistent=True)
    assert "late" not in item
    assert teacher.get(f"/evaluations/{evaluation_id}/scores/student-001").json()["late"] is False


def test_score_in_words_is_kept_composed(exam: dict[str, Any]) -> None:
    with acting_as("worker"):
        worded = import_school(f"palabras-{uuid4().hex[:8]}", scale="superior-bajo")
    teacher = ApiClient(id_token_of(account_of(worded, Role.TEACHER, "teacher-1")))
    evaluation_id = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    created = teacher.post(f"/evaluations/{evaluation_id}/scores", {**SCORE, "value": "Ba\u0301sico"})
    assert (created.status_code, created.json()["value"]) == (201, "Básico")
    wrong = teacher.post(f"/evaluations/{evaluation_id}/scores", {**SCORE, "value": "Regular"})
    assert _problem(wrong)["errors"][0]["rule"] == "unknown_letter"


def test_second_score_of_a_student_is_a_conflict(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    teacher.post(path, SCORE)
    refused = teacher.post(path, {**SCORE, "value": "2.0"})
    assert (refused.status_code, _problem(refused)["code"]) == (409, "score_already_recorded")
    assert teacher.get(f"{path}/student-001").json()["value"] == "6.5"


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"value": "7.1"}, "value", "out_of_range"),
        ({"value": "6.55"}, "value", "bad_step"),
        ({"value": "siete"}, "value", "not_a_number"),
        ({"value": "NaN"}, "value", "not_a_number"),
        ({"value": None}, "value", "required"),
        ({"state": "absent"}, "value", "no_value"),
        ({"state": "absent", "value": None, "late": True}, "late", "not_recorded"),
        ({"late": "perhaps"}, "late", "invalid"),
        ({"state": "lost"}, "state", "invalid_choice"),
        ({"student_id": "student-999"}, "student_id", "enrolled"),
        ({"student_id": "SCHOOL#x"}, "student_id", "invalid"),
    ],
)
def test_bad_score_named_by_field_and_rule(
    teacher: ApiClient, evaluation_id: str, given: dict[str, Any], field: str, rule: str
) -> None:
    refused = teacher.post(f"/evaluations/{evaluation_id}/scores", {**SCORE, **given})
    assert refused.status_code == 422
    assert [(e["field"], e["rule"]) for e in _problem(refused)["errors"]] == [(field, rule)]
    assert teacher.get(f"/evaluations/{evaluation_id}/scores").json()["results"] == []


def test_problem_speaks_spanish_unless_asked_for_english(teacher: ApiClient, evaluation_id: str) -> None:
    bad = {**SCORE, "value": "9"}
    spanish = _problem(teacher.post(f"/evaluations/{evaluation_id}/scores", bad))
    english = _problem(teacher.post(f"/evaluations/{evaluation_id}/scores", bad, Accept_Language="en"))
    assert english["errors"][0]["message"] == "It must be between 1 and 7, in steps of 0.1"
    assert spanish["errors"][0]["message"] == "Debe estar entre 1 y 7, de 0.1 en 0.1"


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"term_id": CLOSED_TERM}, 409, "term_closed"),
        ({"term_id": "no-such-term"}, 422, "invalid_input"),
        ({"held_on": "2001-01-01"}, 422, "invalid_input"),
        ({"weight": "0"}, 422, "invalid_input"),
        ({"weight": "100.01"}, 422, "invalid_input"),
        ({"title": ""}, 422, "invalid_input"),
        ({"title": " \u200b "}, 422, "invalid_input"),
        ({"kind": "riddle"}, 422, "invalid_input"),
    ],
)
def test_bad_evaluation_refused(
    teacher: ApiClient, exam: dict[str, Any], given: dict[str, Any], status: int, code: str
) -> None:
    refused = teacher.post("/sections/mat-5a/evaluations", {**exam, **given})
    assert (refused.status_code, _problem(refused)["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 5000])
def test_body_that_is_no_object_refused(teacher: ApiClient, evaluation_id: str, body: bytes) -> None:
    refused = teacher.post(f"/evaluations/{evaluation_id}/scores", body)
    assert refused.status_code in {400, 422}
    _problem(refused)


def test_section_students_listed_by_name_for_its_teacher_only(
    school: TestSchool, teacher: ApiClient, neighbour: ApiClient
) -> None:
    listed = teacher.get("/sections/mat-5a/students").json()["results"]
    assert [s["student_id"] for s in listed] == [s.student_id for s in school.students]
    assert listed[0]["family_name"] == f"Muñoz {school.school_id}"
    assert teacher.get("/sections/len-5a/students").status_code == 403
    names = {s["family_name"] for s in neighbour.get("/sections/mat-5a/students").json()["results"]}
    assert school.school_id not in " ".join(names).split()


def test_colleague_may_neither_read_nor_write(school: TestSchool, teacher: ApiClient, evaluation_id: str) -> None:
    colleague = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))
    teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE)
    assert colleague.post(f"/evaluations/{evaluation_id}/scores", SCORE).status_code == 403
    assert colleague.get(f"/evaluations/{evaluation_id}").status_code == 403
    assert colleague.get(f"/evaluations/{evaluation_id}/scores/student-001").status_code == 403
    assert [s["section_id"] for s in colleague.get("/sections").json()["results"]] == ["len-5a"]


@pytest.mark.parametrize("role", [Role.STUDENT, Role.AUDITOR, Role.PLATFORM_OPERATOR])
def test_other_roles_may_not_write(school: TestSchool, evaluation_id: str, role: Role) -> None:
    person = ApiClient(id_token_of(account_of(school, role, "student-001")))
    refused = person.post(f"/evaluations/{evaluation_id}/scores", SCORE)
    assert (refused.status_code, _problem(refused)["code"]) == (403, "forbidden")


def test_another_schools_evaluation_is_not_found(
    teacher: ApiClient, neighbour: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    """The neighbour's school has the same section, teacher and student ids; only the school differs."""
    path = f"/evaluations/{evaluation_id}"
    teacher.post(f"{path}/scores", SCORE)
    for answer in (
        neighbour.get(path),
        neighbour.get(f"{path}/scores"),
        neighbour.get(f"{path}/scores/student-001"),
        neighbour.post(f"{path}/scores", {**SCORE, "value": "1.0"}),
    ):
        assert (answer.status_code, _problem(answer)["code"]) == (404, "not_found")
        assert school.school_id not in answer.content.decode()
    assert neighbour.get("/sections/mat-5a/evaluations").json()["results"] == []
    assert teacher.get(f"{path}/scores/student-001").json()["value"] == "6.5"


def test_cursor_of_another_school_refused(teacher: ApiClient, neighbour: ApiClient, exam: dict[str, Any]) -> None:
    for _ in range(2):
        teacher.post("/sections/mat-5a/evaluations", exam)
    cursor = teacher.get("/sections/mat-5a/evaluations?limit=1").json()["next"]
    assert len(teacher.get(f"/sections/mat-5a/evaluations?cursor={cursor}").json()["results"]) == 1
    refused = neighbour.get(f"/sections/mat-5a/evaluations?cursor={cursor}")
    assert (refused.status_code, _problem(refused)["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_bad_token_is_401(school: TestSchool, token: str) -> None:  # noqa: ARG001 - the cloud must stand
    refused = ApiClient(token).get("/sections")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    _problem(refused)


def test_names_of_other_people_and_schools_in_a_body_are_refused(
    teacher: ApiClient, evaluation_id: str, other_school: TestSchool
) -> None:
    forged = {**SCORE, "school_id": other_school.school_id, "recorded_by": "somebody", "version": 9}
    refused = teacher.post(f"/evaluations/{evaluation_id}/scores", json.dumps(forged))
    assert refused.status_code == 422
    named = {(error["field"], error["rule"]) for error in _problem(refused)["errors"]}
    assert named == {(name, "unknown_field") for name in ("school_id", "recorded_by", "version")}
    assert teacher.get(f"/evaluations/{evaluation_id}/scores").json()["results"] == []
    with enter_school(other_school.school_id):
        assert services.list_pending_grades(term_id=OPEN_TERM, limit=10) == []
