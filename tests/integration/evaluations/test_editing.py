"""Changing an evaluation itself, and taking one back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import to_attributes
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.errors import HasScoresError
from evaluations.repository import stale_marks, stored_evaluations
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.meanwhile import before_next_commit
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

SCORE = {"student_id": "student-001", "value": "6.5"}


@pytest.fixture
def path(evaluation_id: str) -> str:
    return f"/evaluations/{evaluation_id}"


def edit(client: ApiClient, path: str, version: int, **changes: Any) -> Any:
    return client.send("PATCH", path, changes, version=version)


def delete(client: ApiClient, path: str, version: int, **more: Any) -> Any:
    return client.send("DELETE", path, b"", version=version, **more)


def listed(client: ApiClient) -> list[str]:
    return [found["evaluation_id"] for found in client.get("/sections/mat-5a/evaluations").json()["results"]]


def test_each_thing_is_changed_by_itself(teacher: ApiClient, path: str, exam: dict[str, Any]) -> None:
    later = (date.fromisoformat(exam["held_on"]) + timedelta(days=3)).isoformat()
    expected = teacher.get(path).json()
    changes = [{"title": "Prueba de decimales"}, {"weight": "30.00"}, {"held_on": later}, {"kind": "quiz"}]
    changes += [{"purpose": "formative"}, {"purpose": "summative"}]
    for version, change in enumerate(changes, 1):
        answer = edit(teacher, path, version, **change)
        expected |= {**change, "version": version + 1}
        assert (answer.status_code, answer.json()) == (200, expected)
        assert answer.headers["ETag"] == f'"{version + 1}"'
    assert teacher.get(path).json() == expected
    assert teacher.get("/sections/mat-5a/evaluations").json()["results"] == [expected]


def test_scores_stay_when_the_evaluation_changes(teacher: ApiClient, path: str) -> None:
    teacher.post(f"{path}/scores", SCORE)
    assert edit(teacher, path, 1, title="Otra", weight="10", reason="Se dividió").status_code == 200
    assert len(teacher.get(f"{path}/scores").json()["results"]) == 1
    assert refused(delete(teacher, path, 2)) == (409, "evaluation_has_scores")


def test_edit_leaves_audit_entry_and_a_stale_section(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool
) -> None:
    with enter_school(school.school_id):
        before = stored_evaluations.get_stored(evaluation_id)
        [mark] = stale_marks.list_stale(OPEN_TERM, "mat-5a")
        edit(teacher, path, 1, weight="10")
        after = stored_evaluations.get_stored(evaluation_id)
        entry = audit.list_of_subject(f"evaluation:{evaluation_id}").items[0]
        [later_mark] = stale_marks.list_stale(OPEN_TERM, "mat-5a")
    assert (entry.action, entry.version) == ("evaluation.edited", 2)
    assert entry.before_digest == audit.digest_of(to_attributes(before.evaluation), before.salt)
    assert entry.after_digest == audit.digest_of(to_attributes(after.evaluation), after.salt)
    assert mark.mark_token != later_mark.mark_token


@pytest.mark.parametrize("what", ["weight", "held_on"])
def test_what_moves_a_graded_evaluation_needs_a_reason(
    teacher: ApiClient, path: str, exam: dict[str, Any], what: str
) -> None:
    later = (date.fromisoformat(exam["held_on"]) + timedelta(days=3)).isoformat()
    change = {"weight": "40.00", "held_on": later}[what]
    teacher.post(f"{path}/scores", SCORE)
    answer = edit(teacher, path, 1, **{what: change})
    assert answer.status_code == 422
    assert [(e["field"], e["rule"]) for e in problem_of(answer)["errors"]] == [("reason", "required")]
    assert edit(teacher, path, 1, title="Otra").status_code == 200
    assert edit(teacher, path, 2, **{what: change}, reason="Acordado en consejo").json()[what] == change


def test_first_score_meanwhile_makes_the_reason_necessary(
    teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def record() -> None:
        assert teacher.post(f"{path}/scores", SCORE).status_code == 201

    before_next_commit(monkeypatch, record)
    answer = edit(teacher, path, 1, weight="40")
    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, "reason")
    assert teacher.get(path).json()["version"] == 1


def test_history_tells_who_when_before_after_and_why(
    teacher: ApiClient, school: TestSchool, path: str, exam: dict[str, Any]
) -> None:
    teacher.post(f"{path}/scores", SCORE)
    edit(teacher, path, 1, weight="40.00", reason="Acordado en consejo")
    edit(teacher, path, 2, title="Otra")
    auditor = ApiClient(id_token_of(account_of(school, Role.AUDITOR)))
    page = auditor.get(f"{path}/history?limit=2").json()
    [first] = auditor.get(f"{path}/history?cursor={page['next']}").json()["results"]
    titled, weighed = page["results"]
    said = {name: exam[name] for name in ("kind", "title", "weight", "held_on")}
    said |= {"purpose": "summative", "cancelled": False}
    assert [entry["version"] for entry in (titled, weighed, first)] == [3, 2, 1]
    assert (first["before"], first["after"], first["reason"]) == (None, said, "")
    assert (weighed["before"], weighed["after"]) == (said, said | {"weight": "40.00"})
    assert (weighed["reason"], weighed["role"]) == ("Acordado en consejo", "teacher")
    assert titled["before"] == weighed["after"]
    assert first["at"] <= weighed["at"] <= titled["at"]
    assert len({entry["actor"] for entry in (titled, weighed, first)}) == 1
    assert {entry["actor_name"] for entry in (titled, weighed, first)} == {"Ana Pérez"}


def test_history_is_read_by_who_reads_the_evaluation(school: TestSchool, neighbour: ApiClient, path: str) -> None:
    colleague = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))
    assert refused(colleague.get(f"{path}/history")) == (403, "section_not_assigned")
    assert refused(neighbour.get(f"{path}/history")) == (404, "not_found")


def test_each_version_proves_its_digests_in_the_trail(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool
) -> None:
    for version, weight in enumerate(("30", "40"), 1):
        edit(teacher, path, version, weight=weight)
    with enter_school(school.school_id):
        query = table.Query(
            school_partition("EVALUATION", evaluation_id), prefix="EVALUATION_VERSION#", consistent=True
        )
        digests = [audit.digest_of(item["evaluation"], item[audit.SALT]) for item in table.query_all(query)]
        entries = sorted(audit.list_of_subject(f"evaluation:{evaluation_id}").items, key=lambda e: e.version)
    assert [entry.after_digest for entry in entries] == digests
    assert [entry.before_digest for entry in entries] == ["", *digests[:-1]]


def test_same_again_is_no_new_version(teacher: ApiClient, path: str, exam: dict[str, Any]) -> None:
    before = teacher.get(path).json()
    answer = edit(teacher, path, 1, title=exam["title"], weight="25")
    assert (answer.status_code, answer.json()) == (200, before)


def test_stale_edit_shows_both(teacher: ApiClient, path: str) -> None:
    now = edit(teacher, path, 1, title="Primera").json()
    late = edit(teacher, path, 1, weight="7.50")
    assert refused(late) == (412, "stale_version")
    body = problem_of(late)
    shown = ("title", "weight", "held_on", "kind", "purpose", "cancelled", "version")
    assert body["current"] == {name: now[name] for name in shown}
    assert body["yours"] == {"weight": "7.50", "version": 1}
    assert refused(delete(teacher, path, 1)) == (412, "stale_version")


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, ("body", "nothing_to_change")),
        ({"weight": "0"}, ("weight", "min_value")),
        ({"weight": "100.01"}, ("weight", "max_value")),
        ({"title": ""}, ("title", "blank")),
        ({"title": "a\u200bb"}, ("title", "invalid")),
        ({"held_on": "2001-01-01"}, ("held_on", "in_term")),
        ({"kind": "riddle"}, ("kind", "invalid_choice")),
    ],
)
def test_bad_edit_named_by_field_and_rule(
    teacher: ApiClient, path: str, changes: dict[str, Any], broken: tuple[str, str]
) -> None:
    answer = edit(teacher, path, 1, **changes)
    assert answer.status_code == 422
    assert [(e["field"], e["rule"]) for e in problem_of(answer)["errors"]] == [broken]
    assert teacher.get(path).json()["version"] == 1


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("weight", ("0", "100.01", "1.001", "1000", "x"), "Debe ser un número entre 0.01 y 100, con 2 decimales"),
        ("title", ("", "x" * 121, "a\u200bb"), "Envíe una línea de 1 a 120 caracteres"),
        ("reason", ("a\u200bb",), "Envíe una línea de 200 caracteres como máximo"),
    ],
)
def test_refused_text_or_number_says_its_limits(
    teacher: ApiClient, path: str, field: str, values: tuple[str, ...], message: str
) -> None:
    for value in values:
        [error] = problem_of(edit(teacher, path, 1, **{"title": "x", field: value}))["errors"]
        assert error["field"] == field
        assert error["message"].startswith(message)


def test_unknown_term_is_named_by_the_parameter_that_was_sent(
    teacher: ApiClient, admin: ApiClient, exam: dict[str, Any]
) -> None:
    for path in (
        "/sections/mat-5a/evaluations",
        "/sections/mat-5a/consolidated",
        "/students/student-001/scores",
        "/students/student-001/report-card",
    ):
        for person in (teacher, admin):
            assert _broken(person.get(f"{path}?term=none")) == ("term", "exists"), path
    assert _broken(teacher.post("/sections/mat-5a/evaluations", exam | {"term_id": "none"})) == ("term_id", "exists")


def test_write_without_version_or_key_refused(teacher: ApiClient, path: str) -> None:
    assert refused(teacher.send("PATCH", path, {"title": "x"})) == (428, "if_match_required")
    assert refused(teacher.send("DELETE", path, b"")) == (428, "if_match_required")
    assert refused(teacher.send("PATCH", path, {"title": "x"}, version=1, key="")) == (400, "idempotency_key_required")
    assert refused(teacher.send("DELETE", path, b"", version=1, key="")) == (400, "idempotency_key_required")


def test_kind_stands_once_there_are_scores(teacher: ApiClient, path: str) -> None:
    teacher.post(f"{path}/scores", SCORE)
    assert refused(edit(teacher, path, 1, kind="quiz")) == (409, "evaluation_has_scores")
    assert edit(teacher, path, 1, kind="exam", title="Otra").status_code == 200


def test_closed_term_locks_the_evaluation_but_for_an_administrator_with_a_reason(
    teacher: ApiClient, admin: ApiClient, path: str, exam: dict[str, Any]
) -> None:
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    later = (date.fromisoformat(exam["held_on"]) + timedelta(days=3)).isoformat()
    changes: list[dict[str, Any]] = [{"title": "Otra"}, {"held_on": later}, {"weight": "10.00"}, {"kind": "quiz"}]
    for version, change in enumerate(changes, 1):
        assert refused(edit(teacher, path, version, **change, reason="x")) == (409, "term_closed")
        assert _broken(edit(admin, path, version, **change)) == ("reason", "required")
        changed = edit(admin, path, version, **change, reason="Resolución 12")
        assert (changed.status_code, changed.json()["version"]) == (200, version + 1)
    for person in (teacher, admin):
        assert refused(delete(person, path, 5)) == (409, "term_closed")
        assert refused(person.send("DELETE", path, {"reason": "x"}, version=5)) == (409, "term_closed")
    assert {entry["reason"] for entry in admin.get(f"{path}/history").json()["results"]} == {"Resolución 12", ""}


def _broken(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 422
    [error] = problem_of(answer)["errors"]
    return error["field"], error["rule"]


def test_administrator_who_does_not_teach_changes_and_deletes_with_a_reason(
    school: TestSchool, admin: ApiClient, path: str, evaluation_id: str
) -> None:
    assert _broken(edit(admin, path, 1, title="Otra")) == ("reason", "required")
    assert edit(admin, path, 1, title="Otra", reason="Decía otra cosa").status_code == 200
    assert _broken(delete(admin, path, 2)) == ("reason", "required")
    assert admin.send("DELETE", path, {"reason": "Repetida"}, version=2).status_code == 204
    with enter_school(school.school_id):
        entries = audit.list_of_subject(f"evaluation:{evaluation_id}").items
    assert [(entry.action, entry.reason) for entry in entries[:2]] == [
        ("evaluation.deleted", "Repetida"),
        ("evaluation.edited", "Decía otra cosa"),
    ]


def test_administrator_who_teaches_the_section_is_its_teacher(
    school: TestSchool, exam: dict[str, Any], path: str
) -> None:
    head = ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN, "teacher-1")))
    assert head.post("/sections/mat-5a/evaluations", exam).status_code == 201
    assert edit(head, path, 1, title="Otra").status_code == 200
    assert head.post(f"{path}/scores", SCORE).status_code == 201
    assert head.send("PUT", f"{path}/scores/student-001", {"value": "5.0"}, version=1).status_code == 200
    rows = {"rows": [{"student_id": "student-002", "value": "5.0"}]}
    assert head.send("PUT", f"{path}/scores", rows).json()["results"][0]["outcome"] == "created"
    assert head.send("POST", f"{path}/scores/student-001/void", {"reason": "x"}, version=2).status_code == 200


def test_deleted_evaluation_is_gone_for_everybody_and_proved_by_its_tombstone(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool
) -> None:
    answer = delete(teacher, path, 1, key="gone")
    assert (answer.status_code, answer.content) == (204, b"")
    assert delete(teacher, path, 1, key="gone").status_code == 204
    for late in (
        teacher.get(path),
        teacher.get(f"{path}/scores"),
        teacher.post(f"{path}/scores", SCORE),
        teacher.send("PUT", f"{path}/scores", {"rows": [SCORE]}),
        edit(teacher, path, 1, title="x"),
        delete(teacher, path, 1),
    ):
        assert refused(late) == (404, "not_found")
    assert listed(teacher) == []
    with enter_school(school.school_id):
        entry = audit.list_of_subject(f"evaluation:{evaluation_id}").items[0]
        tombstone = table.get_item(Key(school_partition("EVALUATION", evaluation_id), "EVALUATION"))
    assert tombstone is not None
    kept = stored_evaluations.stored_of(tombstone)
    assert (entry.action, entry.after_digest) == ("evaluation.deleted", "")
    assert entry.before_digest == audit.digest_of(to_attributes(kept.evaluation), kept.salt)


def test_score_and_deletion_at_once_never_leave_a_score_without_evaluation(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each side has read the evaluation as it was when the other one writes."""
    before_next_commit(monkeypatch, lambda: teacher.post(f"{path}/scores", SCORE))
    with enter_school(school.school_id), pytest.raises(HasScoresError):
        services.delete_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1)
    assert len(teacher.get(f"{path}/scores").json()["results"]) == 1


def test_deletion_before_a_first_score_refuses_it(
    teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def delete_meanwhile() -> None:
        assert delete(teacher, path, 1).status_code == 204

    before_next_commit(monkeypatch, delete_meanwhile)
    assert refused(teacher.post(f"{path}/scores", SCORE)) == (404, "not_found")


def test_colleague_and_auditor_may_not_change(school: TestSchool, path: str) -> None:
    for role, person_id in ((Role.TEACHER, "teacher-2"), (Role.AUDITOR, ""), (Role.STUDENT, "student-001")):
        person = ApiClient(id_token_of(account_of(school, role, person_id)))
        assert edit(person, path, 1, title="x").status_code == 403
        assert delete(person, path, 1).status_code == 403


def test_another_schools_evaluation_is_not_found(teacher: ApiClient, neighbour: ApiClient, path: str) -> None:
    assert refused(edit(neighbour, path, 1, title="x")) == (404, "not_found")
    assert refused(delete(neighbour, path, 1)) == (404, "not_found")
    assert teacher.get(path).json()["version"] == 1


def test_section_listed_by_term(teacher: ApiClient, admin: ApiClient, evaluation_id: str, exam: dict[str, Any]) -> None:
    admin.post(f"/terms/{CLOSED_TERM}/reopen", {"reason": "Faltaba una prueba"})
    term = next(t for t in admin.get("/terms").json()["results"] if t["term_id"] == CLOSED_TERM)
    earlier = {**exam, "term_id": CLOSED_TERM, "held_on": term["ends_on"]}
    other = teacher.post("/sections/mat-5a/evaluations", earlier).json()["evaluation_id"]
    of_term = {
        term_id: [
            found["evaluation_id"]
            for found in teacher.get(f"/sections/mat-5a/evaluations?term={term_id}").json()["results"]
        ]
        for term_id in (OPEN_TERM, CLOSED_TERM)
    }
    assert of_term == {OPEN_TERM: [evaluation_id], CLOSED_TERM: [other]}
    assert listed(teacher) == [evaluation_id, other]
    assert refused(teacher.get("/sections/mat-5a/evaluations?term=none")) == (422, "invalid_input")
    assert refused(teacher.get("/sections/mat-5a/evaluations?term=a%23b")) == (422, "invalid_input")
