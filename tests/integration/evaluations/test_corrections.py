"""Correcting and voiding scores, and the history that is kept of it."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edu import audit, clock
from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError, TransactionConflictError
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.pages import Page
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreContent, ScoreState
from evaluations.errors import StaleVersionError
from evaluations.repository import score_versions, stored_scores
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.schools import TestSchool


def correct(client: ApiClient, path: str, value: str | None, version: int, **more: Any) -> Any:
    headers = {name: more.pop(name) for name in ("key",) if name in more}
    return client.send("PUT", path, {"value": value, **more}, version=version, **headers)


def void(client: ApiClient, path: str, version: int, reason: str = "La prueba se anuló") -> Any:
    return client.send("POST", f"{path}/void", {"reason": reason}, version=version)


def history(client: ApiClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{path}/history").json()["results"]
    return found


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(contextvars.Context().run, call, number) for number in range(count)]
        return [future.result() for future in running]


def test_score_corrected_gets_a_new_version(teacher: ApiClient, score_path: str) -> None:
    corrected = correct(teacher, score_path, "5.0", 1)
    assert (corrected.status_code, corrected.headers["ETag"]) == (200, '"2"')
    read = teacher.get(score_path)
    assert (read.json(), read.headers["ETag"]) == (corrected.json(), '"2"')
    assert (read.json()["value"], read.json()["version"]) == ("5.0", 2)


def test_history_tells_who_when_before_after_and_why(teacher: ApiClient, score_path: str) -> None:
    first = teacher.get(score_path).json()
    correct(teacher, score_path, "5.0", 1, reason="Error de suma")
    void(teacher, score_path, 2, "Copió")
    last, middle, earliest = history(teacher, score_path)
    assert [entry["version"] for entry in (last, middle, earliest)] == [3, 2, 1]
    assert (earliest["before"], earliest["after"]) == (
        None,
        {"state": "recorded", "value": "6.5", "late": False, "comment": None},
    )
    assert (middle["before"], middle["after"]) == (
        earliest["after"],
        {"state": "recorded", "value": "5.0", "late": False, "comment": None},
    )
    assert (last["before"], last["after"]) == (
        middle["after"],
        {"state": "void", "value": None, "late": False, "comment": None},
    )
    assert [entry["reason"] for entry in (last, middle, earliest)] == ["Copió", "Error de suma", ""]
    assert {entry["role"] for entry in (last, middle)} == {"teacher"}
    assert len({entry["actor"] for entry in (last, middle, earliest)}) == 1
    assert earliest["at"] == first["recorded_at"]


def test_history_names_the_teacher_and_of_others_the_role(
    teacher: ApiClient, admin: ApiClient, score_path: str
) -> None:
    correct(teacher, score_path, "5.0", 1)
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    correct(admin, score_path, "4.0", 2, reason="Error de suma")
    by_admin, *by_teacher = history(teacher, score_path)
    assert {entry["actor_name"] for entry in by_teacher} == {"Ana Pérez"}
    assert (by_admin["actor_name"], by_admin["role"]) == (None, "school_admin")


def test_history_from_before_people_were_kept_has_no_names(
    teacher: ApiClient, score_path: str, monkeypatch: pytest.MonkeyPatch, school: TestSchool
) -> None:
    evaluation_id, student_id = score_path.split("/")[2], score_path.split("/")[4]
    with enter_school(school.school_id):
        [version] = score_versions.list_versions(evaluation_id, student_id).items
        monkeypatch.setattr(score_versions, "list_versions", lambda *_, **__: Page([replace(version, person_id="")]))
    [entry] = history(teacher, score_path)
    assert entry["actor_name"] is None


def test_history_goes_on_by_cursor(teacher: ApiClient, score_path: str) -> None:
    for version, value in enumerate(("1.0", "2.0", "3.0"), 1):
        correct(teacher, score_path, value, version)
    page = teacher.get(f"{score_path}/history?limit=2").json()
    assert [entry["version"] for entry in page["results"]] == [4, 3]
    rest = teacher.get(f"{score_path}/history?cursor={page['next']}").json()
    assert [entry["version"] for entry in rest["results"]] == [2, 1]


def test_histories_are_no_scores(teacher: ApiClient, evaluation_id: str, score_path: str) -> None:
    correct(teacher, score_path, "5.0", 1)
    listed = teacher.get(f"/evaluations/{evaluation_id}/scores").json()["results"]
    assert [score["version"] for score in listed] == [2]


def test_history_of_a_student_does_not_hold_another_whose_id_begins_alike(
    teacher: ApiClient, evaluation_id: str, score_path: str, school: TestSchool
) -> None:
    with enter_school(school.school_id):
        score = stored_scores.get_score(evaluation_id, "student-001")
        assert score_versions.list_versions(evaluation_id, "student-00").items == []
        assert [r.score for r in score_versions.list_versions(evaluation_id, "student-001").items] == [score]
    assert refused(teacher.get(score_path.replace("001", "002") + "/history")) == (404, "not_found")


def test_stale_version_shows_both_values(teacher: ApiClient, score_path: str) -> None:
    now = correct(teacher, score_path, "5.0", 1).json()
    late = correct(teacher, score_path, "4.0", 1)
    assert refused(late) == (412, "stale_version")
    body = problem_of(late)
    assert body["title"] == "La versión que envió no es la actual"
    shown = ("state", "value", "late", "comment", "version", "recorded_at")
    assert body["current"] == {name: now[name] for name in shown}
    assert body["yours"] == {"state": "recorded", "value": "4.0", "late": False, "comment": None, "version": 1}
    assert teacher.get(score_path).json() == now


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (428, "if_match_required")),
        ("", (428, "if_match_required")),
        ("*", (400, "if_match_malformed")),
        ('W/"1"', (400, "if_match_malformed")),
        ('"1", "2"', (400, "if_match_malformed")),
        ("1", (400, "if_match_malformed")),
        ('"0"', (400, "if_match_malformed")),
        ('"x"', (400, "if_match_malformed")),
        ('"٣"', (400, "if_match_malformed")),
    ],
)
def test_change_must_name_one_version(
    teacher: ApiClient, score_path: str, header: str | None, expected: tuple[int, str]
) -> None:
    headers: dict[str, Any] = {} if header is None else {"If-Match": header}
    for method, path, body in (("PUT", score_path, {"value": "1.0"}), ("POST", f"{score_path}/void", {"reason": "x"})):
        assert refused(teacher.send(method, path, body, **headers)) == expected
    assert teacher.get(score_path).json()["version"] == 1


def test_version_without_quotes_is_told_to_have_them(teacher: ApiClient, score_path: str) -> None:
    answer = teacher.send("PUT", score_path, {"value": "1.0"}, If_Match="1")
    assert problem_of(answer)["errors"][0]["message"] == 'Envíe la versión entre comillas: "1"'


def test_same_result_again_is_no_new_version(teacher: ApiClient, score_path: str) -> None:
    before = teacher.get(score_path).json()
    again = correct(teacher, score_path, "6.50".rstrip("0"), 1, key="again")
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, before, '"1"')
    assert len(history(teacher, score_path)) == 1
    correct(teacher, score_path, "5.0", 1)
    assert correct(teacher, score_path, "6.5", 1, key="again").content == again.content


def test_being_late_is_a_correction_of_its_own(teacher: ApiClient, score_path: str) -> None:
    marked = teacher.send("PUT", score_path, {"value": "6.5", "late": True}, version=1).json()
    assert (marked["value"], marked["late"], marked["version"]) == ("6.5", True, 2)
    again = teacher.send("PUT", score_path, {"value": "6.5", "late": True}, version=2).json()
    assert again == marked
    last, _ = history(teacher, score_path)
    assert (last["before"]["late"], last["after"]["late"]) == (False, True)
    assert void(teacher, score_path, 2).json()["late"] is False


def test_void_keeps_the_score_and_its_history(teacher: ApiClient, evaluation_id: str, score_path: str) -> None:
    voided = void(teacher, score_path, 1)
    assert voided.status_code == 200
    assert (voided.json()["state"], voided.json()["value"], voided.json()["version"]) == ("void", None, 2)
    assert teacher.get(f"/evaluations/{evaluation_id}/scores").json()["results"] == [voided.json()]
    again = void(teacher, score_path, 2, "Otra vez")
    assert (again.status_code, again.json()) == (200, voided.json())


def test_voided_score_is_recorded_again_with_a_reason_only(teacher: ApiClient, score_path: str) -> None:
    void(teacher, score_path, 1)
    without = correct(teacher, score_path, "6.0", 2)
    assert (without.status_code, problem_of(without)["errors"][0]["field"]) == (422, "reason")
    assert correct(teacher, score_path, "6.0", 2, reason="Se revisó").json()["value"] == "6.0"


@pytest.mark.parametrize(
    ("method", "body", "broken"),
    [
        ("PUT", {"value": "9"}, ("value", "out_of_range")),
        ("PUT", {"value": None}, ("value", "required")),
        ("PUT", {"state": "void"}, ("state", "invalid_choice")),
        ("PUT", {"state": "absent", "value": "1.0"}, ("value", "no_value")),
        ("PUT", {"state": "missing", "late": True}, ("late", "not_recorded")),
        ("PUT", {"value": "1.0", "reason": "a\u0007b"}, ("reason", "invalid")),
        ("PUT", {"value": "1.0", "reason": "x" * 201}, ("reason", "max_length")),
        ("POST", {}, ("reason", "required")),
        ("POST", {"reason": " "}, ("reason", "blank")),
    ],
)
def test_bad_change_named_by_field_and_rule(
    teacher: ApiClient, score_path: str, method: str, body: dict[str, Any], broken: tuple[str, str]
) -> None:
    path = score_path if method == "PUT" else f"{score_path}/void"
    answer = teacher.send(method, path, body, version=1)
    assert answer.status_code == 422
    assert [(e["field"], e["rule"]) for e in problem_of(answer)["errors"]] == [broken]
    assert teacher.get(score_path).json()["version"] == 1


def test_score_is_never_first_recorded_as_void(teacher: ApiClient, evaluation_id: str) -> None:
    body = {"student_id": "student-001", "state": "void"}
    assert refused(teacher.post(f"/evaluations/{evaluation_id}/scores", body)) == (422, "invalid_input")


def test_key_with_another_version_is_another_request(teacher: ApiClient, score_path: str) -> None:
    correct(teacher, score_path, "5.0", 1, key="once")
    assert refused(correct(teacher, score_path, "5.0", 2, key="once")) == (422, "idempotency_key_reused")


def test_correction_needs_an_idempotency_key(teacher: ApiClient, score_path: str) -> None:
    assert refused(correct(teacher, score_path, "5.0", 1, key="")) == (400, "idempotency_key_required")


def test_correction_leaves_audit_entry_with_digests_and_reason(
    teacher: ApiClient, evaluation_id: str, score_path: str, school: TestSchool
) -> None:
    correct(teacher, score_path, "5.0", 1, reason="Error de suma")
    with enter_school(school.school_id):
        entry = audit.list_month(clock.now().strftime("%Y-%m")).items[0]
        prefix = "SCORE_VERSION#student-001#"
        query = table.Query(school_partition("EVALUATION", evaluation_id), prefix=prefix, consistent=True)
        digests = [audit.digest_of(item["score"], item[audit.SALT]) for item in table.query_all(query)]
    assert (entry.action, entry.version, entry.reason) == ("score.corrected", 2, "Error de suma")
    assert entry.subject == f"score:{evaluation_id}:student-001"
    assert [entry.before_digest, entry.after_digest] == digests


def test_corrected_grade_goes_to_the_government_again(
    teacher: ApiClient, evaluation_id: str, score_path: str, school: TestSchool
) -> None:
    with enter_school(school.school_id):
        first = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
        keys = [(grade.evaluation_id, grade.student_id, grade.version) for grade in first]
        acknowledged = Transaction()
        services.acknowledge_grades(acknowledged, OPEN_TERM, keys)
        acknowledged.commit()
        assert services.list_pending_grades(term_id=OPEN_TERM, limit=10) == []
    correct(teacher, score_path, "5.0", 1)
    with enter_school(school.school_id):
        [pending] = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
        assert (pending.version, pending.value) == (2, "5.0")
        late = Transaction()
        services.acknowledge_grades(late, OPEN_TERM, keys)
        with pytest.raises(ConditionFailedError) as raised:
            late.commit()
        assert (pending.evaluation_id, pending.student_id) in raised.value.failed
        assert services.list_pending_grades(term_id=OPEN_TERM, limit=10) == [pending]
    void(teacher, score_path, 2)
    with enter_school(school.school_id):
        [pending] = services.list_pending_grades(term_id=OPEN_TERM, limit=10)
    assert (pending.version, pending.state, pending.evaluation_id) == (3, ScoreState.VOID, evaluation_id)


def test_correction_marks_the_consolidated_grade_stale(teacher: ApiClient, score_path: str, school: TestSchool) -> None:
    with enter_school(school.school_id):
        key = Key(school_partition("STALE", OPEN_TERM, "mat-5a"), "student-001")
        before = table.get_item(key)
        correct(teacher, score_path, "5.0", 1)
        after = table.get_item(key)
    assert before is not None
    assert after is not None
    assert before["mark_token"] != after["mark_token"]


def test_fifty_writers_on_one_version_one_wins(teacher: ApiClient, score_path: str) -> None:
    answers = at_once(50, lambda number: correct(teacher, score_path, f"{1 + number // 10}.{number % 10}", 1))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [412] * 49
    [winner] = [answer for answer in answers if answer.status_code == 200]
    assert teacher.get(score_path).json() == winner.json()
    newest, first = history(teacher, score_path)
    assert (newest["version"], newest["after"]["value"]) == (2, winner.json()["value"])
    assert newest["before"] == first["after"]
    for loser in answers:
        if loser is not winner:
            assert problem_of(loser)["current"]["value"] == winner.json()["value"]


def test_twenty_threads_under_one_key_one_effect(teacher: ApiClient, score_path: str) -> None:
    answers = at_once(20, lambda _: correct(teacher, score_path, "5.0", 1, key="twenty"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({(answer.content, answer.headers["ETag"]) for answer in answers}) == 1
    assert [entry["version"] for entry in history(teacher, score_path)] == [2, 1]


def test_writer_who_waited_in_vain_learns_that_another_won(
    school: TestSchool, evaluation_id: str, score_path: str, teacher: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB may hold an item for another transaction longer than we wait; the emulator never does."""
    send = Transaction.commit

    def lose(_transaction: Transaction) -> None:
        monkeypatch.setattr(Transaction, "commit", send)
        correct(teacher, score_path, "5.0", 1)
        raise TransactionConflictError

    monkeypatch.setattr(Transaction, "commit", lose)
    change: dict[str, Any] = {"evaluation_id": evaluation_id, "student_id": "student-001", "version": 1}
    with enter_school(school.school_id), pytest.raises(StaleVersionError) as raised:
        services.correct_score(actor=school.teacher, state=ScoreState.RECORDED, value="4.0", **change)
    assert raised.value.members["current"]["value"] == "5.0"


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("correct"), st.integers(10, 70)),
        st.tuples(st.just("state"), st.sampled_from([ScoreState.ABSENT, ScoreState.EXEMPT, ScoreState.MISSING])),
        st.tuples(st.just("void"), st.none()),
        st.tuples(st.just("stale"), st.integers(10, 70)),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_each_version_in_the_history_follows_from_the_one_before_it(
    school: TestSchool, teacher: ApiClient, exam: dict[str, Any], changes: list[tuple[str, Any]]
) -> None:
    evaluation_id = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    place = {"actor": school.teacher, "evaluation_id": evaluation_id, "student_id": "student-002"}
    with enter_school(school.school_id):
        score = services.record_score(**place, state=ScoreState.RECORDED, value="6.5")
        for kind, what in changes:
            change: dict[str, Any] = {**place, "version": score.version, "reason": "porque sí"}
            if kind == "void":
                score = services.void_score(**change)
            elif kind == "state":
                score = services.correct_score(**change, state=what, value=None)
            elif kind == "correct":
                score = services.correct_score(**change, state=ScoreState.RECORDED, value=f"{what // 10}.{what % 10}")
            else:
                change["version"] += 1
                with pytest.raises(StaleVersionError):
                    services.correct_score(**change, state=ScoreState.RECORDED, value=f"{what // 10}.{what % 10}")
            kept = score_versions.list_versions(evaluation_id, "student-002").items
            assert len(kept) == score.version
            assert kept[0].score == score == stored_scores.get_score(evaluation_id, "student-002")
            assert [version.number for version in kept] == list(range(score.version, 0, -1))
            assert [version.before for version in kept[:-1]] == [ScoreContent.of(version.score) for version in kept[1:]]
            assert kept[-1].before is None


def test_colleague_and_other_roles_may_neither_change_nor_read(school: TestSchool, score_path: str) -> None:
    people = [(Role.TEACHER, "teacher-2"), (Role.STUDENT, "student-001"), (Role.AUDITOR, "")]
    for role, person_id in people:
        person = ApiClient(id_token_of(account_of(school, role, person_id)))
        assert correct(person, score_path, "1.0", 1).status_code == 403
        assert void(person, score_path, 1).status_code == 403
        assert person.get(f"{score_path}/history").status_code == 403
        assert person.get(score_path).status_code == 403
        assert person.get(score_path.rpartition("/")[0]).status_code == 403


def test_colleague_learns_nothing_of_whether_a_score_exists(school: TestSchool, score_path: str) -> None:
    colleague = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))
    for path in (score_path, score_path.replace("001", "002"), score_path.replace("001", "999")):
        for answer in (
            colleague.get(path),
            colleague.get(f"{path}/history"),
            correct(colleague, path, "1.0", 1),
            void(colleague, path, 1),
        ):
            assert refused(answer) == (403, "section_not_assigned")


def test_administrator_reads_but_does_not_grade_in_an_open_term(admin: ApiClient, score_path: str) -> None:
    assert admin.get(score_path).status_code == 200
    assert len(history(admin, score_path)) == 1
    assert refused(correct(admin, score_path, "1.0", 1, reason="x")) == (403, "section_not_assigned")
    evaluation_path = score_path.rpartition("/")[0]
    body = {"student_id": "student-002", "value": "1.0"}
    assert refused(admin.post(evaluation_path, body)) == (403, "section_not_assigned")


def test_another_schools_score_is_not_found(teacher: ApiClient, neighbour: ApiClient, score_path: str) -> None:
    for answer in (
        correct(neighbour, score_path, "1.0", 1),
        void(neighbour, score_path, 1),
        neighbour.get(f"{score_path}/history"),
    ):
        assert refused(answer) == (404, "not_found")
    assert teacher.get(score_path).json()["version"] == 1


def test_cursor_of_a_history_is_of_no_use_elsewhere(
    teacher: ApiClient, neighbour: ApiClient, exam: dict[str, Any], score_path: str
) -> None:
    correct(teacher, score_path, "5.0", 1)
    cursor = teacher.get(f"{score_path}/history?limit=1").json()["next"]
    body = {"student_id": "student-001", "value": "6.5"}
    theirs = neighbour.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    neighbour.post(f"/evaluations/{theirs}/scores", body)
    other = f"/evaluations/{theirs}/scores/student-001/history"
    assert refused(neighbour.get(f"{other}?cursor={cursor}")) == (400, "invalid_cursor")
