"""Closing terms: for every process at once, whatever each remembers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from edu import audit, clock, memory
from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError, StoreUnavailableError
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.repository import school_profile, term_locks
from evaluations.services.school import school_cache
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.processes import running_server
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from evaluations.repository.school_profile import SchoolProfile
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

SCORE = {"student_id": "student-002", "value": "6.5"}


def close(client: ApiClient, term_id: str = OPEN_TERM, **more: Any) -> Any:
    return client.post(f"/terms/{term_id}/close", {}, **more)


def reopen(client: ApiClient, term_id: str = OPEN_TERM, reason: str = "Faltaba una nota", **more: Any) -> Any:
    return client.post(f"/terms/{term_id}/reopen", {"reason": reason}, **more)


def closed_terms(client: ApiClient) -> list[str]:
    return [term["term_id"] for term in client.get("/terms").json()["results"] if term["closed"]]


class OtherProcess:
    """This process with the rules as it remembered them before: what another process would still hold."""

    def __init__(self, school: TestSchool) -> None:
        self._school_id = school.school_id
        with enter_school(self._school_id):
            self._remembered = services.get_school()

    def remember(self) -> None:
        with enter_school(self._school_id):
            memory.remember("school", self._remembered)


def test_closed_term_takes_no_writes(teacher: ApiClient, admin: ApiClient, score_path: str, exam: Any) -> None:
    answer = close(admin)
    assert (answer.status_code, answer.json()["closed"]) == (200, True)
    scores_path, _, _ = score_path.rpartition("/")
    assert refused(teacher.post(scores_path, SCORE)) == (409, "term_closed")
    assert refused(teacher.post("/sections/mat-5a/evaluations", exam)) == (409, "term_closed")
    assert refused(teacher.send("PUT", score_path, {"value": "1.0"}, version=1)) == (409, "term_closed")
    assert refused(teacher.send("POST", f"{score_path}/void", {"reason": "x"}, version=1)) == (409, "term_closed")
    reopen(admin)
    assert teacher.post(scores_path, SCORE).status_code == 201


def test_closing_binds_a_process_that_remembers_the_term_as_open(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str, exam: Any
) -> None:
    other = OtherProcess(school)
    close(admin)
    scores_path, _, _ = score_path.rpartition("/")
    for method, path, body, version in (
        ("POST", scores_path, SCORE, None),
        ("POST", "/sections/mat-5a/evaluations", exam, None),
        ("PUT", score_path, {"value": "1.0"}, 1),
        ("POST", f"{score_path}/void", {"reason": "x"}, 1),
        ("PUT", scores_path, {"rows": [SCORE]}, None),
        ("PATCH", score_path.partition("/scores")[0], {"weight": "5", "reason": "x"}, 1),
    ):
        other.remember()
        assert refused(teacher.send(method, path, body, version=version)) == (409, "term_closed"), (method, path)
    assert [score["version"] for score in teacher.get(scores_path).json()["results"]] == [1]


def test_opening_again_is_seen_by_a_process_that_remembers_the_term_as_closed(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    close(admin)
    other = OtherProcess(school)
    reopen(admin)
    other.remember()
    assert teacher.post(score_path.rpartition("/")[0], SCORE).status_code == 201


def test_closing_binds_a_second_real_process(
    cloud: Cloud, teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    scores_path, _, _ = score_path.rpartition("/")
    web = {"application": "edu.web:app", "interface": "asgi", "LIBRETA_GOV_API_URL": "http://127.0.0.1:1"}
    with running_server(cloud, **web) as (_, base_url):

        def post(student: str, key: str) -> httpx.Response:
            return httpx.post(
                f"{base_url}/api/v1{scores_path}",
                json={"student_id": student, "value": "6.5"},
                headers={"Authorization": f"Bearer {teacher.token}", "Idempotency-Key": key},
                trust_env=False,
                timeout=30,
            )

        assert post("student-000", "warm-the-cache").status_code == 201
        close(admin)
        late = post("student-002", "after-the-closing")
    assert (late.status_code, late.json()["code"]) == (409, "term_closed")


def test_first_answer_stands_after_the_term_closed(teacher: ApiClient, admin: ApiClient, score_path: str) -> None:
    first = teacher.send("PUT", score_path, {"value": "1.0"}, version=1, key="before")
    close(admin)
    again = teacher.send("PUT", score_path, {"value": "1.0"}, version=1, key="before")
    assert (again.status_code, again.content) == (200, first.content)


def test_closed_term_is_corrected_by_an_administrator_with_a_reason(
    teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    close(admin)
    without = admin.send("PUT", score_path, {"value": "5.0"}, version=1)
    assert (without.status_code, problem_of(without)["errors"][0]["field"]) == (422, "reason")
    corrected = admin.send("PUT", score_path, {"value": "5.0", "reason": "Resolución 12"}, version=1)
    assert (corrected.status_code, corrected.json()["version"]) == (200, 2)
    voided = admin.send("POST", f"{score_path}/void", {"reason": "Resolución 13"}, version=2)
    assert voided.json()["state"] == "void"
    entries = admin.get(f"{score_path}/history").json()["results"]
    assert [(entry["role"], entry["reason"]) for entry in entries[:2]] == [
        ("school_admin", "Resolución 13"),
        ("school_admin", "Resolución 12"),
    ]
    assert refused(teacher.send("PUT", score_path, {"value": "1.0", "reason": "x"}, version=3)) == (409, "term_closed")


def test_late_first_score_is_an_administrators_with_a_reason(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    close(admin)
    scores_path, _, _ = score_path.rpartition("/")
    assert refused(teacher.post(scores_path, SCORE | {"reason": "x"})) == (409, "term_closed")
    without = admin.post(scores_path, SCORE)
    assert (without.status_code, problem_of(without)["errors"][0]["field"]) == (422, "reason")
    late = admin.post(scores_path, SCORE | {"reason": "Rindió en el hospital"})
    assert (late.status_code, late.json()["version"]) == (201, 1)
    [entry] = admin.get(f"{scores_path}/student-002/history").json()["results"]
    assert (entry["role"], entry["reason"]) == ("school_admin", "Rindió en el hospital")
    with enter_school(school.school_id):
        pending = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
    assert "student-002" in {grade.student_id for grade in pending}


def test_warm_correction_of_a_closed_term_is_one_read_and_one_write(
    admin: ApiClient, score_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(admin)
    closed_terms(admin)
    monkeypatch.setattr(school_cache, "forget_school", _never)
    with counted_calls() as calls:
        assert correct(admin, score_path, "5.0", 1).status_code == 200
    assert calls == ["GetItem", "TransactWriteItems"]
    with counted_calls() as calls:
        assert admin.post(score_path.rpartition("/")[0], SCORE | {"reason": "x"}).status_code == 201
    assert calls == ["TransactWriteItems"]


def _never() -> None:
    raise AssertionError("the rules were dropped for everybody")


def correct(client: ApiClient, path: str, value: str, version: int, reason: str = "Resolución 12") -> Any:
    return client.send("PUT", path, {"value": value, "reason": reason}, version=version)


def test_administrator_corrects_right_after_another_process_closed_the_term(
    school: TestSchool, admin: ApiClient, score_path: str
) -> None:
    head = ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN, "teacher-1")))
    other = OtherProcess(school)
    close(admin)
    for version, person in enumerate((admin, head), 1):
        other.remember()
        assert correct(person, score_path, f"{version}.0", version).status_code == 200
    other.remember()
    without = correct(head, score_path, "4.0", 3, reason="")
    assert (without.status_code, problem_of(without)["errors"][0]["field"]) == (422, "reason")
    other.remember()
    assert admin.post(score_path.rpartition("/")[0], SCORE | {"reason": "x"}).status_code == 201


def test_term_opened_again_elsewhere_is_not_corrected_by_an_administrator(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    head = ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN, "teacher-1")))
    close(admin)
    other = OtherProcess(school)
    reopen(admin)
    other.remember()
    assert refused(correct(admin, score_path, "5.0", 1)) == (403, "section_not_assigned")
    other.remember()
    scores_path, _, _ = score_path.rpartition("/")
    assert refused(admin.post(scores_path, SCORE | {"reason": "x"})) == (403, "section_not_assigned")
    assert [score["version"] for score in teacher.get(scores_path).json()["results"]] == [1]
    other.remember()
    assert correct(head, score_path, "5.0", 1, reason="").status_code == 200


def test_closed_terms_missing_lock_is_added_closed(school: TestSchool, admin: ApiClient, score_path: str) -> None:
    """As where scores were imported: nobody wrote one under the section's lock yet."""
    close(admin)
    _remove_lock(school)
    assert correct(admin, score_path, "5.0", 1).status_code == 200
    with enter_school(school.school_id):
        lock = table.get_item(Key(school_partition("TERM_LOCK", OPEN_TERM), "mat-5a"))
    assert lock is not None
    assert lock["is_open"] is False


def test_own_closing_shows_at_once(admin: ApiClient) -> None:
    def shown() -> list[bool]:
        listed = [term["closed"] for term in admin.get("/terms").json()["results"]]
        card = admin.get("/students/student-001/report-card").json()
        assert [term["closed"] for term in card["terms"]] == listed
        return listed

    assert shown() == [True, False]
    close(admin)
    assert shown() == [True, True]
    reopen(admin)
    assert shown() == [True, False]


def test_closing_and_opening_are_in_the_trail_once_each(school: TestSchool, admin: ApiClient) -> None:
    for _ in range(2):
        close(admin)
    for _ in range(2):
        reopen(admin, reason="Faltaba una nota")
    with enter_school(school.school_id):
        entries = audit.list_of_subject(f"term:{OPEN_TERM}").items
        month = audit.list_month(clock.now().strftime("%Y-%m")).items
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("term.reopened", "Faltaba una nota"),
        ("term.closed", ""),
    ]
    assert entries[0].before_digest == entries[1].after_digest
    assert len([entry for entry in month if entry.action.startswith("term.")]) == 2


def test_same_closing_again_gets_the_same_bytes(admin: ApiClient) -> None:
    first = close(admin, key="close")
    reopen(admin)
    assert close(admin, key="close").content == first.content
    assert closed_terms(admin) == [CLOSED_TERM]


def test_interrupted_closing_is_completed_by_its_repetition(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the school's record and the locks: the record says closed, the locks are open."""
    other = OtherProcess(school)
    with monkeypatch.context() as patched:
        patched.setattr(term_locks, "list_locks", _switched_off)
        assert close(admin, key="interrupted").status_code == 503
    scores_path, _, _ = score_path.rpartition("/")
    assert close(admin, key="interrupted").status_code == 200
    other.remember()
    assert refused(teacher.post(scores_path, SCORE)) == (409, "term_closed")


def _switched_off(_term_id: str) -> list[str]:
    raise StoreUnavailableError


def test_missing_lock_is_added_only_while_the_term_is_open(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    """The lock is gone, as in schools from before there were locks."""
    other = OtherProcess(school)
    scores_path, _, _ = score_path.rpartition("/")
    close(admin)
    _remove_lock(school)
    other.remember()
    assert refused(teacher.post(scores_path, SCORE)) == (409, "term_closed")
    reopen(admin)
    assert teacher.post(scores_path, SCORE).status_code == 201


def test_lock_is_not_added_under_rules_that_changed_meanwhile(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, score_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer has read that the term is open; before it adds the missing lock, the term closes."""
    _remove_lock(school)
    get_profile = school_profile.get_profile

    def read_then_close() -> SchoolProfile:
        profile = get_profile()
        monkeypatch.setattr(school_profile, "get_profile", get_profile)
        assert close(admin).status_code == 200
        return profile

    other = OtherProcess(school)
    monkeypatch.setattr(school_profile, "get_profile", read_then_close)
    other.remember()
    assert refused(teacher.post(score_path.rpartition("/")[0], SCORE)) == (409, "term_closed")


def _remove_lock(school: TestSchool) -> None:
    with enter_school(school.school_id):
        removal = Transaction()
        removal.delete(Key(school_partition("TERM_LOCK", OPEN_TERM), "mat-5a"))
        removal.commit()


def test_lock_is_not_moved_back_by_a_slower_change(school: TestSchool, score_path: str) -> None:  # noqa: ARG001
    admin = Principal("admin-1", Role.SCHOOL_ADMIN, school.school_id)
    with enter_school(school.school_id):
        version = school_profile.get_profile().rules_version
        services.close_term(actor=admin, term_id=OPEN_TERM)
        late = Transaction()
        term_locks.set_lock(late, OPEN_TERM, "mat-5a", is_open=True, rules_version=version)
        with pytest.raises(ConditionFailedError):
            late.commit()
        lock = table.get_item(Key(school_partition("TERM_LOCK", OPEN_TERM), "mat-5a"))
    assert lock is not None
    assert lock["is_open"] is False


def test_import_neither_opens_nor_closes_a_term(school: TestSchool, admin: ApiClient) -> None:
    close(admin)
    with acting_as("worker"):
        import_school(school.school_id)
    with enter_school(school.school_id):
        profile = school_profile.get_profile()
        assert all(term.closed for term in profile.school.terms)
        assert school_cache.get_school_afresh() == profile.school
    reopen(admin)
    with enter_school(school.school_id):
        before = school_profile.get_profile()
        renamed = replace(before.school, name="Otra")
    with acting_as("worker"):
        importer = school.person(Role.SCHOOL_ADMIN)
        services.import_school(
            actor=importer, school=renamed, courses=[], teachers=[], sections=[], students=[], enrolments=[]
        )
    with enter_school(school.school_id):
        after = school_profile.get_profile()
        assert (after.school, after.rules_version) == (renamed, before.rules_version + 1)


def test_write_costs_one_transaction(teacher: ApiClient, score_path: str) -> None:
    scores_path, _, _ = score_path.rpartition("/")
    with counted_calls() as calls:
        assert teacher.post(scores_path, SCORE).status_code == 201
    assert calls == ["TransactWriteItems"]


def test_only_administrators_close(school: TestSchool, teacher: ApiClient, admin: ApiClient) -> None:
    auditor = ApiClient(id_token_of(account_of(school, Role.AUDITOR)))
    for person in (teacher, auditor):
        assert close(person).status_code == 403
        assert reopen(person, CLOSED_TERM).status_code == 403
        assert closed_terms(person) == [CLOSED_TERM]
    assert refused(close(admin, "no-such-term", key="typo")) == (404, "not_found")
    assert refused(reopen(admin, "no-such-term", key="typo")) == (404, "not_found")
    assert reopen(admin, CLOSED_TERM, key="typo").status_code == 200
    assert close(admin, CLOSED_TERM).status_code == 200
    assert refused(close(admin, key="")) == (400, "idempotency_key_required")
    assert reopen(admin, CLOSED_TERM, reason=" ").status_code == 422


def test_another_schools_term_stays_as_it_is(
    school: TestSchool, other_school: TestSchool, admin: ApiClient, neighbour: ApiClient
) -> None:
    close(admin)
    reopen(admin, CLOSED_TERM)
    assert closed_terms(admin) == [OPEN_TERM]
    assert closed_terms(neighbour) == [CLOSED_TERM]
    with enter_school(other_school.school_id):
        assert audit.list_of_subject(f"term:{OPEN_TERM}").items == []
    assert school.school_id not in neighbour.get("/terms").content.decode()
