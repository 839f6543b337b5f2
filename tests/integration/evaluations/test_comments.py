"""What a teacher tells a family of a score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, clock
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.checks import MAX_COMMENT_CHARS
from evaluations.repository import score_versions, stored_evaluations, stored_scores
from tests.integration.evaluations.conftest import ApiClient, problem_of, refused
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

COMMENT = "Buen planteamiento; repasa las fracciones. ¡Ánimo!"
LONGEST = "\U0001f600" * MAX_COMMENT_CHARS  # four bytes each


@pytest.fixture
def path(evaluation_id: str) -> str:
    return f"/evaluations/{evaluation_id}/scores"


def record(client: ApiClient, path: str, student_id: str = "student-001", **more: Any) -> Any:
    return client.post(path, {"student_id": student_id, "value": "6.5", **more})


def correct(client: ApiClient, path: str, version: int, **body: Any) -> Any:
    return client.send("PUT", f"{path}/student-001", body, version=version)


def test_comment_is_told_wherever_the_score_is(teacher: ApiClient, admin: ApiClient, path: str) -> None:
    created = record(teacher, path, comment=f"  {COMMENT} ")
    assert (created.status_code, created.json()["comment"]) == (201, COMMENT)
    assert teacher.get(f"{path}/student-001").json() == created.json()
    listings = [path, f"/students/student-001/scores?term={OPEN_TERM}", f"/sections/mat-5a/scores?term={OPEN_TERM}"]
    for client in (teacher, admin):
        assert [client.get(listing).json()["results"][0]["comment"] for listing in listings] == [COMMENT] * 3


@pytest.mark.parametrize("nothing", [{}, {"comment": None}, {"comment": ""}, {"comment": "  "}])
def test_without_one_there_is_none(teacher: ApiClient, path: str, nothing: dict[str, Any]) -> None:
    created = record(teacher, path, **nothing)
    assert (created.status_code, created.json()["comment"]) == (201, None)


@pytest.mark.parametrize("state", ["absent", "exempt", "missing"])
def test_what_has_no_value_may_have_one(teacher: ApiClient, path: str, state: str) -> None:
    created = record(teacher, path, value=None, state=state, comment=COMMENT)
    assert (created.json()["state"], created.json()["comment"]) == (state, COMMENT)


@pytest.mark.parametrize("comment", ["x" * 501, "a\nb", "a\u202eb", 5, ["a"]])
def test_comment_is_one_readable_line_and_no_error_repeats_it(teacher: ApiClient, path: str, comment: Any) -> None:
    answer = record(teacher, path, comment=comment)
    assert refused(answer) == (422, "invalid_input")
    [error] = problem_of(answer)["errors"]
    assert error["field"] == "comment"
    assert "500" in error["message"]
    row = {"student_id": "student-001", "value": "6.5", "comment": comment}
    [result] = teacher.send("PUT", path, {"rows": [row]}).json()["results"]
    assert (result["outcome"], result["problem"]["field"]) == ("rejected", "comment")


def test_other_comment_is_a_correction_and_the_history_keeps_both(teacher: ApiClient, path: str) -> None:
    record(teacher, path, comment=COMMENT)
    assert correct(teacher, path, 1, value="6.5", comment=COMMENT).json()["version"] == 1, "it says so already"
    changed = correct(teacher, path, 1, value="6.5", comment="Otra cosa")
    assert (changed.json()["version"], changed.json()["comment"]) == (2, "Otra cosa")
    newest, first = teacher.get(f"{path}/student-001/history").json()["results"]
    assert (newest["before"]["comment"], newest["after"]["comment"]) == (COMMENT, "Otra cosa")
    assert (first["before"], first["after"]["comment"]) == (None, COMMENT)


def test_correction_without_one_takes_it_away(teacher: ApiClient, path: str) -> None:
    record(teacher, path, comment=COMMENT)
    assert correct(teacher, path, 1, value="6.0").json()["comment"] is None


def test_void_takes_it_away(teacher: ApiClient, path: str) -> None:
    record(teacher, path, comment=COMMENT)
    voided = teacher.send("POST", f"{path}/student-001/void", {"reason": "Copió"}, version=1)
    assert voided.json()["comment"] is None
    assert teacher.get(f"{path}/student-001/history").json()["results"][0]["before"]["comment"] == COMMENT


def test_who_sees_an_older_version_is_shown_both_comments(teacher: ApiClient, path: str) -> None:
    record(teacher, path, comment=COMMENT)
    correct(teacher, path, 1, value="6.5", comment="Otra cosa")
    conflict = problem_of(correct(teacher, path, 1, value="6.0", comment="La mía"))
    assert (conflict["current"]["comment"], conflict["yours"]["comment"]) == ("Otra cosa", "La mía")


def test_sections_rows_have_their_own_and_the_longest_fit_into_an_answer(
    teacher: ApiClient, path: str, school: TestSchool
) -> None:
    students = [student.student_id for student in school.students]
    rows = [{"student_id": student_id, "value": "6.5", "comment": LONGEST} for student_id in students]
    results = teacher.send("PUT", path, {"rows": rows}).json()["results"]
    assert [(result["outcome"], result["comment"]) for result in results] == [("created", LONGEST)] * len(students)
    again = [row | {"comment": COMMENT, "version": 1} for row in rows]
    assert [r["outcome"] for r in teacher.send("PUT", path, {"rows": again}).json()["results"]] == ["updated"] * 3
    for result in teacher.send("PUT", path, {"rows": [row | {"version": 1} for row in rows]}).json()["results"]:
        assert (result["outcome"], result["comment"]) == ("rejected", COMMENT)
        assert "comment" not in result["problem"]["current"], "the row tells it already: an answer is one item"


def test_imported_score_keeps_its_comment(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool
) -> None:
    record(teacher, path, comment=COMMENT)
    with enter_school(school.school_id):
        evaluation = stored_evaluations.get_evaluation(evaluation_id)
        [score] = stored_scores.list_scores(evaluation_id)
        copy, other = replace(evaluation, evaluation_id="copy"), replace(score, comment="Otra cosa")
        given = replace(score, evaluation_id="copy")
        services.import_evaluation(actor=school.teacher, evaluation=copy, scores=[given])
        assert stored_scores.get_score("copy", score.student_id).comment == COMMENT
        imported = services.import_evaluation(actor=school.teacher, evaluation=evaluation, scores=[other])
    assert imported.different == (score.student_id,)


def test_comment_goes_neither_to_the_government_nor_into_the_trail_nor_into_a_log(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    record(teacher, path, comment=COMMENT)
    correct(teacher, path, 1, value="6.5", comment=f"{COMMENT} ({COMMENT})")
    correct(teacher, path, 1, value="6.5", comment=COMMENT)
    with enter_school(school.school_id):
        told = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
        score, versions = (
            stored_scores.get_score(evaluation_id, "student-001"),
            score_versions.list_versions(evaluation_id, "student-001").items,
        )
    assert score.comment
    assert told
    for silent in (told, entries, caplog.text, score, versions):
        assert COMMENT not in repr(silent)
