"""An administrator grades for an absent teacher where the school's rules allow it, and it is told as what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, clock, memory
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.services.grading import section_entry
from evaluations.services.school import school_cache
from evaluations.services.school.term_locking import TermLock
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

WHY = "Docente con licencia"


def allow(school: TestSchool, may: bool | None) -> None:  # noqa: FBT001 - as the record has it
    """Import the school's record with the rule."""
    importer = Principal("import", Role.SCHOOL_ADMIN, school.school_id)
    with acting_as("worker"):
        services.import_school(actor=importer, school=replace(school.school, administrators_grade=may))


@pytest.fixture
def allowed(school: TestSchool) -> TestSchool:
    allow(school, True)
    return school


def score(student: int = 0, **more: Any) -> dict[str, Any]:
    return {"student_id": f"student-{student:03d}", "value": "6.5", **more}


def trail(school: TestSchool) -> list[tuple[str, str | None, str]]:
    with enter_school(school.school_id):
        page = audit.list_month(clock.now().strftime("%Y-%m"))
    return [(entry.action, entry.capacity, entry.reason) for entry in page.items]


def test_school_says_whether_its_administrators_grade(school: TestSchool, teacher: ApiClient) -> None:
    assert teacher.get("/school").json()["administrators_grade"] is False
    allow(school, True)
    assert teacher.get("/school").json()["administrators_grade"] is True


@pytest.mark.parametrize("may", [None, False])
def test_without_the_rule_an_administrator_grades_nobody_in_an_open_term(
    school: TestSchool,
    admin: ApiClient,
    score_path: str,
    evaluation_id: str,
    may: bool | None,  # noqa: FBT001 - a table's column
) -> None:
    allow(school, may)
    path = f"/evaluations/{evaluation_id}/scores"
    answers = [
        admin.post(path, score(2, reason=WHY)),
        admin.send("PUT", path, {"rows": [score(2, reason=WHY)]}),
        admin.send("PUT", score_path, {"value": "5.0", "reason": WHY}, version=1),
        admin.send("POST", f"{score_path}/void", {"reason": WHY}, version=1),
    ]
    assert {refused(answer) for answer in answers} == {(403, "section_not_assigned")}


def test_with_the_rule_an_administrator_grades_with_a_reason_and_history_says_as_what(
    allowed: TestSchool, admin: ApiClient, score_path: str, evaluation_id: str
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    for answer in (
        admin.post(path, score(2)),
        admin.send("PUT", score_path, {"value": "5.0"}, version=1),
    ):
        assert answer.status_code == 422
        assert problem_of(answer)["errors"][0]["field"] == "reason"
    assert admin.post(path, score(2, reason=WHY)).status_code == 201
    assert admin.send("PUT", score_path, {"value": "5.0", "reason": WHY}, version=1).status_code == 200
    assert admin.send("POST", f"{score_path}/void", {"reason": WHY}, version=2).status_code == 200
    told = [
        (one["capacity"], one["section_teacher_name"], one["actor_name"], one["reason"])
        for one in admin.get(f"{score_path}/history").json()["results"]
    ]
    by_admin = ("administrator", "Ana Pérez", None, WHY)
    assert told == [by_admin, by_admin, ("teacher", "Ana Pérez", "Ana Pérez", "")]
    assert trail(allowed)[:3] == [
        ("score.voided", "administrator", WHY),
        ("score.corrected", "administrator", WHY),
        ("score.recorded", "administrator", WHY),
    ]


def test_each_row_that_an_administrator_writes_says_why(
    allowed: TestSchool, admin: ApiClient, score_path: str, evaluation_id: str
) -> None:
    """A row that stands so already changes nothing, and needs no reason."""
    assert score_path
    path = f"/evaluations/{evaluation_id}/scores"
    rows = [score(0, reason=WHY), score(1), score(2)]
    answer = admin.send("PUT", path, {"rows": rows}).json()["results"]
    assert [one["outcome"] for one in answer] == ["created", "unchanged", "rejected"]
    assert (answer[2]["problem"]["field"], answer[2]["problem"]["rule"]) == ("reason", "required")
    assert trail(allowed)[0] == ("score.recorded", "administrator", WHY)
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    assert refused(admin.send("PUT", path, {"rows": [score(2, reason=WHY)]})) == (409, "term_closed")


def test_administrator_who_teaches_the_section_is_its_teacher(allowed: TestSchool, evaluation_id: str) -> None:
    both = ApiClient(id_token_of(account_of(allowed, Role.SCHOOL_ADMIN, "teacher-1")))
    assert both.post(f"/evaluations/{evaluation_id}/scores", score()).status_code == 201
    assert trail(allowed)[0] == ("score.recorded", "teacher", "")


def test_administrator_who_shares_the_section_no_more_says_why_in_all_rows_that_remain(
    allowed: TestSchool, admin: ApiClient, evaluation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A co-teacher of the section, too; that ends between the transactions of a request with many rows."""
    path = "/sections/mat-5a/teachers"
    assigned = admin.send("POST", path, {"teacher_id": "teacher-2", "capacity": "co_teacher"}, version=1).json()
    [assignment] = assigned["assignments"]
    both = ApiClient(id_token_of(account_of(allowed, Role.SCHOOL_ADMIN, "teacher-2")))
    before, locked = TermLock.require, list[TermLock]()

    def interrupted(lock: TermLock, transaction: Any) -> None:
        locked.append(lock)
        if len(locked) == 2:
            admin.send("POST", f"{path}/{assignment['assignment_id']}/end", {"reason": "Fin"}, version=2)
        before(lock, transaction)

    monkeypatch.setattr(section_entry, "_ROWS_PER_TRANSACTION", 1)
    monkeypatch.setattr(TermLock, "require", interrupted)
    rows = [score(0), score(1), score(2)]
    results = both.send("PUT", f"/evaluations/{evaluation_id}/scores", {"rows": rows}).json()["results"]
    assert [one["outcome"] for one in results] == ["created", "rejected", "rejected"]
    assert {one["problem"]["field"] for one in results[1:]} == {"reason"}
    assert trail(allowed)[1] == ("score.recorded", "co_teacher", "")


def test_rule_changed_elsewhere_lets_in_at_once(school: TestSchool, admin: ApiClient, evaluation_id: str) -> None:
    """Another process allowed it; this one remembers the record from before, and looks again before it refuses."""
    with enter_school(school.school_id):
        before = school_cache.get_school()
    allow(school, True)
    with enter_school(school.school_id):
        memory.remember("school", before)
    assert admin.post(f"/evaluations/{evaluation_id}/scores", score(reason=WHY)).status_code == 201


def test_warm_write_for_an_absent_teacher_is_one_call(
    allowed: TestSchool, admin: ApiClient, evaluation_id: str
) -> None:
    assert allowed
    path = f"/evaluations/{evaluation_id}/scores"
    assert admin.post(path, score(0, reason=WHY)).status_code == 201
    with counted_calls() as calls:
        assert admin.post(path, score(1, reason=WHY)).status_code == 201
    assert calls == ["TransactWriteItems"]
