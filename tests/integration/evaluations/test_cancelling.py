"""Cancelling an evaluation that was set by mistake, and reinstating it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu import audit
from edu.dynamo.mapping import to_attributes
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationPurpose, ScoreState
from evaluations.errors import EvaluationCancelledError
from evaluations.repository import evaluation_versions, stale_marks, stored_evaluations, stored_scores
from evaluations.services.grading import evaluation_cache
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.calls import counted_calls
from tests.support.meanwhile import before_next_commit
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.schools import TestSchool

SCORE = {"student_id": "student-001", "value": "6.5"}
WHY = "Se registró en la sección equivocada"


@pytest.fixture
def path(evaluation_id: str) -> str:
    return f"/evaluations/{evaluation_id}"


@pytest.fixture
def scored_path(teacher: ApiClient, path: str) -> str:
    """An evaluation with one score, at version 1 like the score."""
    assert teacher.post(f"{path}/scores", SCORE).status_code == 201
    return path


@pytest.fixture
def in_own_school(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def cancel(client: ApiClient, path: str, version: int, reason: str = WHY, **more: Any) -> Any:
    return client.send("POST", f"{path}/cancellation", {"reason": reason}, version=version, **more)


def reinstate(client: ApiClient, path: str, version: int, reason: str = "Fue un error", **more: Any) -> Any:
    return client.send("POST", f"{path}/reinstatement", {"reason": reason}, version=version, **more)


def grade_of(client: ApiClient, student_id: str = "student-001") -> dict[str, Any]:
    results = client.get(f"/sections/mat-5a/consolidated?term={OPEN_TERM}").json()["results"]
    found: dict[str, Any] = next(line["grade"] for line in results if line["student_id"] == student_id)
    return found


def test_cancelled_and_reinstated_each_a_version_of_its_own(teacher: ApiClient, scored_path: str) -> None:
    before = teacher.get(scored_path).json()
    assert (before["cancelled"], before["purpose"]) == (False, "summative")
    answer = cancel(teacher, scored_path, 1)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json() == before | {"cancelled": True, "version": 2}
    assert teacher.get(scored_path).json() == answer.json()
    answer = reinstate(teacher, scored_path, 2)
    assert (answer.status_code, answer.json()) == (200, before | {"version": 3})


def test_history_tells_of_it_with_the_reason(teacher: ApiClient, scored_path: str) -> None:
    cancel(teacher, scored_path, 1)
    reinstate(teacher, scored_path, 2)
    entries = teacher.get(f"{scored_path}/history").json()["results"]
    said = [
        (e["version"], e["before"] and e["before"]["cancelled"], e["after"]["cancelled"], e["reason"]) for e in entries
    ]
    assert said == [(3, True, False, "Fue un error"), (2, False, True, WHY), (1, None, False, "")]


def test_trail_tells_of_it_and_its_digests_can_be_proved(
    teacher: ApiClient, scored_path: str, evaluation_id: str, school: TestSchool
) -> None:
    cancel(teacher, scored_path, 1)
    reinstate(teacher, scored_path, 2)
    with enter_school(school.school_id):
        entries = audit.list_of_subject(f"evaluation:{evaluation_id}").items
        stored = stored_evaluations.get_stored(evaluation_id)
        versions = evaluation_versions.list_versions(evaluation_id).items
    assert [(e.action, e.version, e.reason) for e in entries[:2]] == [
        ("evaluation.reinstated", 3, "Fue un error"),
        ("evaluation.cancelled", 2, WHY),
    ]
    assert entries[0].after_digest == audit.digest_of(to_attributes(stored.evaluation), stored.salt)
    assert entries[0].before_digest == entries[1].after_digest
    assert versions[0].evaluation == stored.evaluation


def test_scores_and_their_histories_stay(teacher: ApiClient, scored_path: str) -> None:
    score, history = f"{scored_path}/scores/student-001", f"{scored_path}/scores/student-001/history"
    before = teacher.get(score).json(), teacher.get(history).json()
    cancel(teacher, scored_path, 1)
    assert (teacher.get(score).json(), teacher.get(history).json()) == before
    assert len(teacher.get(f"{scored_path}/scores").json()["results"]) == 1


def test_what_is_cancelled_counts_for_nothing_until_it_is_reinstated(
    teacher: ApiClient, scored_path: str, exam: dict[str, Any]
) -> None:
    other = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    teacher.post(f"/evaluations/{other}/scores", {"student_id": "student-001", "value": "4.5"})
    both = grade_of(teacher)
    assert (both["value"], both["counted"], both["weight_total"]) == ("5.5", 2, "50.00")
    cancel(teacher, scored_path, 1)
    without = grade_of(teacher)
    assert (without["value"], without["counted"], without["weight_total"]) == ("4.5", 1, "25.00")
    reinstate(teacher, scored_path, 2)
    assert grade_of(teacher)["value"] == "5.5"


def test_student_without_a_score_is_complete_once_the_evaluation_is_cancelled(
    teacher: ApiClient, scored_path: str, exam: dict[str, Any]
) -> None:
    """Of 25 complete grades, 25 stay complete: nobody has to write false exemptions."""
    other = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    teacher.post(f"/evaluations/{other}/scores", {"student_id": "student-002", "value": "4.5"})
    assert not grade_of(teacher, "student-002")["complete"]
    cancel(teacher, scored_path, 1)
    assert grade_of(teacher, "student-002")["complete"]


@pytest.mark.parametrize("how", ["post", "put_rows", "correct", "void"])
def test_takes_no_scores_while_it_is_cancelled(teacher: ApiClient, scored_path: str, how: str) -> None:
    ways: dict[str, tuple[str, str, Any, int | None]] = {
        "post": ("POST", "/scores", {"student_id": "student-002", "value": "5.0"}, None),
        "put_rows": ("PUT", "/scores", {"rows": [{"student_id": "student-002", "value": "5.0"}]}, None),
        "correct": ("PUT", "/scores/student-001", {"value": "5.0"}, 1),
        "void": ("POST", "/scores/student-001/void", {"reason": "Copió"}, 1),
    }
    method, rest, body, version = ways[how]
    cancel(teacher, scored_path, 1)
    answer = teacher.send(method, f"{scored_path}{rest}", body, version=version)
    assert refused(answer) == (409, "evaluation_cancelled")
    assert problem_of(answer)["title"] == "Esta evaluación está anulada"
    reinstate(teacher, scored_path, 2)
    assert teacher.send(method, f"{scored_path}{rest}", body, version=version).status_code in {200, 201}


def test_takes_no_import_while_it_is_cancelled(school: TestSchool, teacher: ApiClient, scored_path: str) -> None:
    cancel(teacher, scored_path, 1)
    with enter_school(school.school_id):
        stored = stored_evaluations.get_evaluation(scored_path.removeprefix("/evaluations/"))
        scores = stored_scores.list_scores(stored.evaluation_id)
        with pytest.raises(EvaluationCancelledError):
            services.import_evaluation(actor=school.teacher, evaluation=stored, scores=scores)
        as_it_was = evaluation_versions.list_versions(stored.evaluation_id).items[-1].evaluation
        with pytest.raises(EvaluationCancelledError):
            services.import_evaluation(actor=school.teacher, evaluation=as_it_was, scores=scores)


def test_what_is_cancelled_already_stays_as_it_is(teacher: ApiClient, scored_path: str) -> None:
    cancel(teacher, scored_path, 1)
    again = cancel(teacher, scored_path, 2, reason="Otra vez")
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert reinstate(teacher, scored_path, 2).json()["version"] == 3
    assert reinstate(teacher, scored_path, 3).json()["version"] == 3
    assert len(teacher.get(f"{scored_path}/history").json()["results"]) == 3


def test_repeated_request_gets_the_first_answer(teacher: ApiClient, scored_path: str) -> None:
    first = cancel(teacher, scored_path, 1, key="once")
    reinstate(teacher, scored_path, 2)
    again = cancel(teacher, scored_path, 1, key="once")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert teacher.get(scored_path).json()["version"] == 3


def test_write_answered_before_the_cancellation_is_answered_so_again(teacher: ApiClient, path: str) -> None:
    first = teacher.post(f"{path}/scores", SCORE, key="once")
    cancel(teacher, path, 1)
    again = teacher.post(f"{path}/scores", SCORE, key="once")
    assert (again.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize("write", [cancel, reinstate])
def test_other_version_is_refused_with_both_sides(teacher: ApiClient, scored_path: str, write: Any) -> None:
    teacher.send("PATCH", scored_path, {"title": "Otra"}, version=1)
    answer = write(teacher, scored_path, 1)
    assert refused(answer) == (412, "stale_version")
    body = problem_of(answer)
    assert (body["current"]["version"], body["current"]["cancelled"], body["yours"]["version"]) == (2, False, 1)
    assert body["yours"]["cancelled"] is (write is cancel)


@pytest.mark.parametrize("write", [cancel, reinstate])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_reason_is_needed(teacher: ApiClient, scored_path: str, write: Any, reason: str) -> None:
    answer = write(teacher, scored_path, 1, reason=reason)
    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, "reason")


def test_who_may_not_set_it_may_not_cancel_it(teacher: ApiClient, school: TestSchool, scored_path: str) -> None:
    colleague = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))
    auditor = ApiClient(id_token_of(account_of(school, Role.AUDITOR)))
    assert refused(cancel(colleague, scored_path, 1)) == (403, "section_not_assigned")
    assert refused(cancel(auditor, scored_path, 1)) == (403, "forbidden")
    assert teacher.get(scored_path).json()["cancelled"] is False


def test_another_schools_is_not_found(neighbour: ApiClient, scored_path: str) -> None:
    assert refused(cancel(neighbour, scored_path, 1)) == (404, "not_found")


def test_in_a_closed_term_only_an_administrator_cancels(teacher: ApiClient, admin: ApiClient, scored_path: str) -> None:
    assert admin.post(f"/terms/{OPEN_TERM}/close", {}).status_code == 200
    assert refused(cancel(teacher, scored_path, 1)) == (409, "term_closed")
    assert cancel(admin, scored_path, 1).status_code == 200
    assert refused(reinstate(teacher, scored_path, 2)) == (409, "term_closed")
    assert admin.post(f"/terms/{OPEN_TERM}/reopen", {"reason": "Faltaba"}).status_code == 200
    assert reinstate(teacher, scored_path, 2).status_code == 200


def test_administrator_who_does_not_teach_it_cancels_with_the_reason(admin: ApiClient, scored_path: str) -> None:
    assert cancel(admin, scored_path, 1).json()["cancelled"] is True


def test_what_has_scores_is_never_deleted_and_the_error_says_what_may_be_done(
    teacher: ApiClient, scored_path: str
) -> None:
    voided = teacher.send("POST", f"{scored_path}/scores/student-001/void", {"reason": "Copió"}, version=1)
    assert voided.status_code == 200
    refusal = teacher.send("DELETE", scored_path, b"", version=1)
    assert refused(refusal) == (409, "evaluation_has_scores")
    assert "anular" in problem_of(refusal)["detail"]
    cancel(teacher, scored_path, 1)
    assert refused(teacher.send("DELETE", scored_path, b"", version=2)) == (409, "evaluation_has_scores")


def test_what_is_cancelled_and_has_no_scores_may_be_edited_and_deleted(teacher: ApiClient, path: str) -> None:
    cancel(teacher, path, 1)
    assert teacher.send("PATCH", path, {"title": "Otra"}, version=2).json()["cancelled"] is True
    assert teacher.send("DELETE", path, b"", version=3).status_code == 204


def test_first_score_and_cancellation_at_once_leave_one_of_them_told(
    teacher: ApiClient, path: str, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cancellation comes between what the score's write has read and its transaction."""

    def cancel_meanwhile() -> None:
        with enter_school(school.school_id):
            standing = evaluation_cache.get_stored(path.removeprefix("/evaluations/"))
            assert cancel(teacher, path, 1).status_code == 200
            evaluation_cache.remember(standing)

    before_next_commit(monkeypatch, cancel_meanwhile)
    assert refused(teacher.post(f"{path}/scores", SCORE)) == (409, "evaluation_cancelled")
    assert teacher.get(f"{path}/scores").json()["results"] == []


@pytest.mark.usefixtures("in_own_school")
def test_score_that_slips_in_counts_for_nothing(teacher: ApiClient, scored_path: str, evaluation_id: str) -> None:
    """Another process has cancelled it, and this one remembers it as it was."""
    standing = evaluation_cache.get_stored(evaluation_id)
    cancel(teacher, scored_path, 1)
    evaluation_cache.remember(standing)
    assert teacher.post(f"{scored_path}/scores", {"student_id": "student-002", "value": "2.0"}).status_code == 201
    assert grade_of(teacher, "student-002")["value"] is None
    told = {grade.student_id: grade for grade in services.list_pending_grades(term_id=OPEN_TERM, limit=10)}
    assert (told["student-002"].state, told["student-002"].value) == ("cancelled", None)


@pytest.mark.usefixtures("in_own_school")
def test_what_is_remembered_as_cancelled_is_read_again_before_it_is_refused(
    teacher: ApiClient, scored_path: str, evaluation_id: str
) -> None:
    cancel(teacher, scored_path, 1)
    cancelled = evaluation_cache.get_stored(evaluation_id)
    assert cancelled.evaluation.cancelled, "this process knows at once what it has done"
    reinstate(teacher, scored_path, 2)
    evaluation_cache.remember(cancelled)
    with counted_calls() as calls:
        answer = teacher.send("PUT", f"{scored_path}/scores/student-001", {"value": "5.0"}, version=1)
    assert (answer.status_code, calls) == (200, ["GetItem", "GetItem", "TransactWriteItems"])


@pytest.mark.usefixtures("in_own_school")
def test_cancelling_is_one_read_and_one_transaction_and_marks_the_section(teacher: ApiClient, scored_path: str) -> None:
    grade_of(teacher)
    assert stale_marks.list_stale(OPEN_TERM, "mat-5a") == []
    with counted_calls() as calls:
        cancel(teacher, scored_path, 1)
    assert calls == ["GetItem", "TransactWriteItems"]
    [mark] = stale_marks.list_stale(OPEN_TERM, "mat-5a")
    assert mark.student_id is None


def test_purpose_is_set_and_changed_until_there_are_scores(teacher: ApiClient, exam: dict[str, Any]) -> None:
    created = teacher.post("/sections/mat-5a/evaluations", exam | {"purpose": "formative"})
    assert (created.status_code, created.json()["purpose"]) == (201, "formative")
    path = f"/evaluations/{created.json()['evaluation_id']}"
    # naming what it is already is no new version
    for version, purpose in [(1, "summative"), (2, "summative"), (2, "extra_credit"), (3, "formative")]:
        answer = teacher.send("PATCH", path, {"purpose": purpose}, version=version)
        assert (answer.status_code, answer.json()["purpose"]) == (200, purpose)
    said = [(e["after"]["purpose"]) for e in teacher.get(f"{path}/history").json()["results"]]
    assert said == ["formative", "extra_credit", "summative", "formative"]
    teacher.post(f"{path}/scores", SCORE)
    assert refused(teacher.send("PATCH", path, {"purpose": "summative"}, version=4)) == (409, "evaluation_has_scores")
    assert refused(teacher.send("PATCH", path, {"purpose": None}, version=4))[0] == 422


@pytest.mark.usefixtures("in_own_school")
def test_score_in_an_evaluation_whose_purpose_changed_elsewhere_has_the_new_one(
    teacher: ApiClient, school: TestSchool, evaluation_id: str
) -> None:
    stored = evaluation_cache.get_stored(evaluation_id)
    purpose = EvaluationPurpose.FORMATIVE
    services.edit_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, purpose=purpose)
    evaluation_cache.remember(stored)
    assert teacher.post(f"/evaluations/{evaluation_id}/scores", SCORE).status_code == 201
    assert stored_scores.get_score(evaluation_id, "student-001").purpose is purpose


@pytest.mark.usefixtures("in_own_school")
def test_first_score_meanwhile_keeps_the_purpose(
    teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def record() -> None:
        assert teacher.post(f"{path}/scores", SCORE).status_code == 201

    before_next_commit(monkeypatch, record)
    assert refused(teacher.send("PATCH", path, {"purpose": "formative"}, version=1)) == (409, "evaluation_has_scores")


@pytest.mark.usefixtures("scored_path")
def test_formative_counts_for_nothing(teacher: ApiClient, exam: dict[str, Any]) -> None:
    other = teacher.post("/sections/mat-5a/evaluations", exam | {"purpose": "formative"}).json()["evaluation_id"]
    teacher.post(f"/evaluations/{other}/scores", {"student_id": "student-001", "value": "1.0"})
    grade = grade_of(teacher)
    assert (grade["value"], grade["counted"], grade["weight_total"], grade["complete"]) == ("6.5", 1, "25.00", True)


def test_nothing_is_set_in_a_closed_term_under_any_purpose(teacher: ApiClient, exam: dict[str, Any]) -> None:
    body = exam | {"term_id": CLOSED_TERM, "purpose": "formative"}
    assert teacher.post("/sections/mat-5a/evaluations", body).status_code in {409, 422}


@pytest.mark.usefixtures("in_own_school")
def test_section_entry_interrupted_by_a_cancellation_says_what_it_wrote(
    school: TestSchool, teacher: ApiClient, path: str
) -> None:
    row = {"student_id": "student-001", "state": "recorded", "value": "6.5"}
    first = teacher.send("PUT", f"{path}/scores", {"rows": [row]}, key="once")
    cancel(teacher, path, 1)
    assert teacher.send("PUT", f"{path}/scores", {"rows": [row]}, key="once").content == first.content
    rows = [services.Row("student-001", ScoreState.RECORDED, "6.0", version=1)]
    with pytest.raises(EvaluationCancelledError):
        services.record_section(actor=school.teacher, evaluation_id=path.removeprefix("/evaluations/"), rows=rows)
