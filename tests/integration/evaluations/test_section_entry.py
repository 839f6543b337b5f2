"""A whole section's scores in one request."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, clock, student_keys
from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import MAX_ACTIONS, Transaction
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreState
from evaluations.domain.school import Section
from evaluations.repository import roster, score_versions
from evaluations.services.grading import changes
from evaluations.services.school import school_cache
from tests.integration.evaluations.calendar import import_again
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

WHOLE_SECTION = 43


@pytest.fixture
def school(cloud: Cloud, school_id: str) -> TestSchool:  # noqa: ARG001 - the cloud must stand
    """A school whose section has 43 students."""
    with acting_as("worker"):
        return import_school(school_id, students=WHOLE_SECTION)


@pytest.fixture
def path(evaluation_id: str) -> str:
    return f"/evaluations/{evaluation_id}/scores"


def row(number: int, value: str | None = "6.5", **more: Any) -> dict[str, Any]:
    return {"student_id": f"student-{number:03d}", "value": value, **more}


def enter(client: ApiClient, path: str, rows: list[Any], **more: Any) -> Any:
    return client.send("PUT", path, {"rows": rows}, **more)


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["outcome"] for result in answer.json()["results"]]


def stored(client: ApiClient, path: str) -> dict[str, tuple[str | None, int]]:
    found = client.get(path).json()["results"]
    return {score["student_id"]: (score["value"], score["version"]) for score in found}


def test_forty_rows_with_three_bad_ones(teacher: ApiClient, path: str) -> None:
    rows = [row(number) for number in range(40)]
    rows[7] = row(7, "7.1")
    rows[20] = {"student_id": "student-999", "value": "5.0"}
    rows[39] = row(39, state="asleep")
    answer = enter(teacher, path, rows)
    results = answer.json()["results"]
    assert [result["student_id"] for result in results] == [row["student_id"] for row in rows]
    assert outcomes(answer).count("created") == 37
    assert len(stored(teacher, path)) == 37
    bad = {number: results[number]["problem"] for number in (7, 20, 39)}
    assert {number: (p["field"], p["rule"]) for number, p in bad.items()} == {
        7: ("value", "out_of_range"),
        20: ("student_id", "enrolled"),
        39: ("state", "invalid_choice"),
    }
    assert bad[7]["code"] == "invalid_score"
    assert bad[7]["message"] == "Debe estar entre 1 y 7, de 0.1 en 0.1"
    assert all("problem" not in result for number, result in enumerate(results) if number not in bad)


def test_head_counts_the_rows_by_their_outcomes(teacher: ApiClient, path: str) -> None:
    answer = enter(teacher, path, [row(0), row(1, "9"), row(2)], key="counted")
    assert answer.headers["Row-Outcomes"] == "created=2, updated=0, unchanged=0, rejected=1"
    again = enter(teacher, path, [row(0), row(1, "9"), row(2)], key="counted")
    assert again.headers["Row-Outcomes"] == answer.headers["Row-Outcomes"]
    rejected = enter(teacher, path, [row(number, "9") for number in range(3)])
    assert (rejected.status_code, outcomes(rejected)) == (200, ["rejected"] * 3)
    assert rejected.headers["Row-Outcomes"] == "created=0, updated=0, unchanged=0, rejected=3"
    assert "Row-Outcomes" not in teacher.post(path, row(5)).headers


def test_rows_are_written_with_history_audit_and_pending_mark(
    teacher: ApiClient, path: str, evaluation_id: str, school: TestSchool
) -> None:
    enter(teacher, path, [row(number) for number in range(25)])
    with enter_school(school.school_id):
        pending = services.list_pending_grades(term_id=OPEN_TERM, limit=100)
        assert len(pending) == 25
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
        assert sum(entry.action == "score.recorded" for entry in entries) == 25
        assert len(score_versions.list_versions(evaluation_id, "student-024").items) == 1


def test_late_rows(teacher: ApiClient, path: str) -> None:
    enter(teacher, path, [row(0, late=True), row(1)])
    rows = [
        row(0, late=True),
        row(1, late=True, version=1),
        row(2, late=True),
        row(3, None, state="absent", late=True),
    ]
    results = enter(teacher, path, rows).json()["results"]
    assert [(found["outcome"], found["late"]) for found in results] == [
        ("unchanged", True),
        ("updated", True),
        ("created", True),
        ("rejected", None),
    ]
    assert results[3]["problem"]["rule"] == "not_recorded"


def test_each_kind_of_outcome(teacher: ApiClient, path: str) -> None:
    enter(teacher, path, [row(n, "4.0") for n in range(5)])
    teacher.send("POST", f"{path}/student-004/void", {"reason": "Copió"}, version=1)
    rows = [
        row(0, "4.0"),
        row(1, "5.0"),
        row(2, "5.0", version=1),
        row(3, "5.0", version=7),
        row(4, "5.0", version=2),
        row(5, "5.0"),
        row(6, "5.0", version=1),
        row(7, None, state="absent"),
    ]
    answer = enter(teacher, path, rows)
    results = answer.json()["results"]
    assert outcomes(answer) == [
        *("unchanged", "rejected", "updated", "rejected", "rejected", "created", "rejected", "created"),
    ]
    codes = {number: result["problem"]["code"] for number, result in enumerate(results) if "problem" in result}
    assert codes == {1: "score_already_recorded", 3: "stale_version", 4: "invalid_input", 6: "not_found"}
    assert results[3]["problem"]["current"]["value"] == "4.0"
    assert (results[1]["value"], results[1]["version"]) == ("4.0", 1)
    assert (results[2]["value"], results[2]["version"]) == ("5.0", 2)
    assert stored(teacher, path)["student-003"] == ("4.0", 1)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "length"),
        ({"rows": []}, "length"),
        ({"rows": "x"}, "length"),
        ([], "length"),
        ({"rows": [row(number) for number in range(101)]}, "length"),
    ],
)
def test_bad_list_refused_whole(teacher: ApiClient, path: str, body: Any, rule: str) -> None:
    answer = teacher.send("PUT", path, body)
    assert (answer.status_code, problem_of(answer)["errors"][0]["rule"]) == (422, rule)
    assert stored(teacher, path) == {}


@pytest.mark.parametrize(
    "twice",
    [
        [row(0), row(0)],
        [row(0), {"student_id": " student-000 ", "value": "6.0"}],
        [{"student_id": 5, "value": "6.0"}, {"student_id": "5", "value": "6.0"}],
        [row(0), {"student_id": "student-000", "state": "asleep"}],
    ],
)
def test_student_sent_twice_sinks_only_those_rows(teacher: ApiClient, path: str, twice: list[Any]) -> None:
    answer = enter(teacher, path, [twice[0], row(1), twice[1]])
    assert outcomes(answer) == ["rejected", "created", "rejected"]
    problems = [answer.json()["results"][number]["problem"] for number in (0, 2)]
    assert {(p["field"], p["rule"]) for p in problems} == {("student_id", "duplicate_student")}
    assert set(stored(teacher, path)) == {"student-001"}


def test_voided_score_is_entered_again_with_a_reason(teacher: ApiClient, path: str) -> None:
    teacher.post(path, row(0))
    teacher.send("POST", f"{path}/student-000/void", {"reason": "Copió"}, version=1)
    again = row(0, "5.0", version=2)
    assert outcomes(enter(teacher, path, [again])) == ["rejected"]
    answer = enter(teacher, path, [{**again, "reason": "Se revisó"}, {**row(1), "reason": "a\u0007b"}])
    assert outcomes(answer) == ["updated", "rejected"]
    assert answer.json()["results"][1]["problem"]["field"] == "reason"
    history = teacher.get(f"{path}/student-000/history").json()["results"]
    assert (history[0]["after"]["value"], history[0]["reason"]) == ("5.0", "Se revisó")


def test_answer_to_the_longest_nonsense_can_be_stored(teacher: ApiClient, path: str) -> None:
    """An item of the table has at most 400 KB, of which an answer's bytes are one."""
    nonsense = "\u0001" * 800
    rows: list[Any] = [{"student_id": f"{n}{nonsense}", "state": nonsense, "value": "6.5"} for n in range(98)]
    rows += [row(0), {"student_id": "student-001", "state": "\ud800"}]
    first = enter(teacher, path, rows, key="long")
    assert outcomes(first) == [*["rejected"] * 98, "created", "rejected"]
    assert len(first.content) < 300_000
    assert max(len(result["student_id"]) for result in first.json()["results"]) == 64
    assert enter(teacher, path, rows, key="long").content == first.content


@contextmanager
def stopped_after_one_transaction_of_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table is switched off as a second transaction of rows is sent."""
    send, sizes = Transaction.commit, list[int]()

    def stop(transaction: Transaction) -> None:
        sizes.append(len(transaction._actions))
        if sum(size > 10 for size in sizes) == 2:
            raise StoreUnavailableError("switched off")
        send(transaction)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", stop)
        yield


@pytest.mark.parametrize("how", ["closed", "reassigned"])
def test_interrupted_request_tells_what_it_wrote_though_nothing_more_may_be_written(
    school: TestSchool, teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    teacher.post(path, row(39, "2.0"))
    rows = [row(number) for number in range(40)]
    with stopped_after_one_transaction_of_rows(monkeypatch):
        assert enter(teacher, path, rows, key="interrupted").status_code == 503
    written = len(stored(teacher, path)) - 1
    if how == "closed":
        with enter_school(school.school_id):
            services.close_term(actor=school.person(Role.SCHOOL_ADMIN), term_id=OPEN_TERM)
        code, shown = "term_closed", "2.0"
    else:
        _reassign(school)
        code, shown = "section_not_assigned", None
    answer = enter(teacher, path, rows, key="interrupted")
    assert outcomes(answer) == ["created"] * written + ["rejected"] * (40 - written)
    results = answer.json()["results"]
    assert {result["problem"]["code"] for result in results[written:]} == {code}
    assert results[39]["value"] == shown
    assert enter(teacher, path, rows, key="interrupted").content == answer.content
    assert refused(enter(teacher, path, rows, key="another"))[1] == code


def _reassign(school: TestSchool) -> None:
    section = Section(
        section_id="mat-5a", course_id="mat-5", school_year=2026, name="5º A Matemática", teacher_id="teacher-2"
    )
    import_again(school.school, sections=[section])


@pytest.mark.parametrize(
    "bad", [None, 7, "x", [], {}, {"student_id": None}, {"student_id": "\ud800"}, {**row(1), "value": ["x"]}]
)
def test_row_of_any_shape_sinks_only_itself(teacher: ApiClient, path: str, bad: Any) -> None:
    answer = enter(teacher, path, [bad, row(0)])
    assert outcomes(answer) == ["rejected", "created"]
    assert answer.json()["results"][0]["problem"]["code"] == "invalid_input"


def test_same_request_again_gets_the_same_bytes(teacher: ApiClient, path: str) -> None:
    rows = [row(number) for number in range(25)]
    first = enter(teacher, path, rows, key="entry")
    teacher.send("PUT", f"{path}/student-003", {"value": "1.0"}, version=1)
    again = enter(teacher, path, rows, key="entry")
    assert again.content == first.content
    assert stored(teacher, path)["student-003"] == ("1.0", 2)
    assert refused(enter(teacher, path, rows[1:], key="entry")) == (422, "idempotency_key_reused")


def test_interrupted_request_is_completed_by_its_repetition(
    teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops after the first transaction of rows; the second try must answer as if there had been one."""
    teacher.post(path, row(0, "2.0"))
    rows = [row(0, "3.0", version=1), row(1, "9.9"), *(row(number) for number in range(2, 40))]
    with stopped_after_one_transaction_of_rows(monkeypatch):
        assert enter(teacher, path, rows, key="interrupted").status_code == 503
    assert 1 < len(stored(teacher, path)) < 39
    answer = enter(teacher, path, rows, key="interrupted")
    assert outcomes(answer) == ["updated", "rejected", *["created"] * 38]
    assert set(stored(teacher, path).values()) == {("3.0", 2), ("6.5", 1)}
    assert enter(teacher, path, rows, key="interrupted").content == answer.content


def test_key_is_taken_before_anything_is_written(
    teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(changes, "add_score_change", _switched_off)
        assert enter(teacher, path, [row(0)], key="taken").status_code == 503
    assert refused(enter(teacher, path, [row(1)], key="taken")) == (422, "idempotency_key_reused")
    assert stored(teacher, path) == {}
    assert outcomes(enter(teacher, path, [row(0)], key="taken")) == ["created"]


def _switched_off(*_args: object) -> int:
    raise StoreUnavailableError


def test_two_entries_of_one_section_at_once_lose_nothing(teacher: ApiClient, path: str) -> None:
    def entry(number: int) -> Any:
        return enter(teacher, path, [row(n, f"{number + 2}.0") for n in range(20)])

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(contextvars.Context().run, entry, number) for number in range(4)]
        answers = [future.result().json()["results"] for future in running]
    kept = stored(teacher, path)
    for student in range(20):
        results = [answer[student] for answer in answers]
        [winner] = [result for result in results if result["outcome"] == "created"]
        assert kept[winner["student_id"]] == (winner["value"], 1)
        assert {r["value"] for r in results} == {winner["value"]}


def test_same_entry_from_eight_threads_one_answer(teacher: ApiClient, path: str) -> None:
    rows = [row(number) for number in range(25)]
    with ThreadPoolExecutor(8) as pool:
        running = [
            pool.submit(contextvars.Context().run, lambda: enter(teacher, path, rows, key="eight")) for _ in range(8)
        ]
        answers = {future.result().content for future in running}
    assert len(answers) == 1
    assert {version for _, version in stored(teacher, path).values()} == {1}


def test_closed_term_takes_no_section(school: TestSchool, teacher: ApiClient) -> None:
    body = {"student_id": "student-000", "value": "6.5"}
    with enter_school(school.school_id):
        admin = Principal("admin-1", Role.SCHOOL_ADMIN, school.school_id)
        services.reopen_term(actor=admin, term_id=CLOSED_TERM, reason="Faltaba una nota")
        term = next(term for term in services.list_terms() if term.term_id == CLOSED_TERM)
    exam = {"term_id": CLOSED_TERM, "kind": "exam", "title": "x", "weight": "5", "held_on": term.starts_on.isoformat()}
    created = teacher.post("/sections/mat-5a/evaluations", exam).json()
    with enter_school(school.school_id):
        services.close_term(actor=admin, term_id=CLOSED_TERM)
    assert refused(enter(teacher, f"/evaluations/{created['evaluation_id']}/scores", [body])) == (409, "term_closed")


def test_term_closed_meanwhile_rejects_the_rows_that_remain(
    school: TestSchool, teacher: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Principal("admin-1", Role.SCHOOL_ADMIN, school.school_id)
    send, entries = Transaction.commit, list[int]()

    def close_after_first(transaction: Transaction) -> None:
        entries.append(len(transaction._actions))
        send(transaction)
        if sum(size > 10 for size in entries) == 1 and entries[-1] > 10:
            services.close_term(actor=admin, term_id=OPEN_TERM)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", close_after_first)
        answer = enter(teacher, path, [row(number) for number in range(30)])
    found = outcomes(answer)
    written = len(stored(teacher, path))
    assert 0 < written < 30
    assert found == ["created"] * written + ["rejected"] * (30 - written)
    assert answer.json()["results"][-1]["problem"]["code"] == "term_closed"


def test_colleague_auditor_and_administrator_enter_nothing(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, path: str
) -> None:
    colleague = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))
    auditor = ApiClient(id_token_of(account_of(school, Role.AUDITOR)))
    for person in (colleague, auditor, admin):
        assert enter(person, path, [row(0)]).status_code == 403
    assert stored(teacher, path) == {}


def test_another_schools_section_is_not_found(teacher: ApiClient, neighbour: ApiClient, path: str) -> None:
    assert refused(enter(neighbour, path, [row(0)])) == (404, "not_found")
    assert stored(teacher, path) == {}


@pytest.mark.parametrize("count", [4, 40])
def test_reads_before_writing_are_as_many_for_any_section(school: TestSchool, evaluation_id: str, count: int) -> None:
    rows = [services.Row(f"student-{number:03d}", ScoreState.RECORDED, "6.5") for number in range(count)]
    with enter_school(school.school_id):
        school_cache.get_section("mat-5a")
        with counted_calls() as calls:
            services.record_section(actor=school.teacher, evaluation_id=evaluation_id, rows=rows)
    # the evaluation; who is enrolled; the scores there are; then the transactions of 19 rows
    assert calls == ["GetItem", "Query", "Query", *["TransactWriteItems"] * -(-count // 19)]


def test_a_process_that_remembers_no_students_key_reads_them_all_in_one_call(
    school: TestSchool, evaluation_id: str
) -> None:
    rows = [services.Row(f"student-{number:03d}", ScoreState.RECORDED, "6.5") for number in range(40)]
    with enter_school(school.school_id):
        school_cache.get_section("mat-5a")
        student_keys.forget_keys()
        with counted_calls() as calls:
            services.record_section(actor=school.teacher, evaluation_id=evaluation_id, rows=rows)
    assert calls == ["GetItem", "Query", "Query", "BatchGetItem", *["TransactWriteItems"] * 3]


@pytest.mark.parametrize("count", [4, 40])
def test_listing_a_section_costs_as_many_calls_for_any_number(teacher: ApiClient, path: str, count: int) -> None:
    enter(teacher, path, [row(number) for number in range(count)])
    with counted_calls() as calls:
        assert len(teacher.get(path).json()["results"]) == count
    assert calls == ["GetItem", "Query"]
    with counted_calls() as calls:
        assert len(teacher.get("/sections/mat-5a/students").json()["results"]) == WHOLE_SECTION
    assert calls == ["Query", "BatchGetItem"]


def test_actions_of_a_score_are_counted_right(school: TestSchool, evaluation_id: str) -> None:
    with enter_school(school.school_id):
        score = services.record_score(
            actor=school.teacher,
            evaluation_id=evaluation_id,
            student_id="student-000",
            state=ScoreState.ABSENT,
            value=None,
        )
        transaction = Transaction()
        changes.add_score_change(transaction, changes.ScoreChange(score, "recorded"), changes.Writer(school.teacher))
        assert len(roster.list_enrolments("mat-5a")) == WHOLE_SECTION
    assert len(transaction._actions) == changes.ACTIONS_PER_SCORE
    assert changes.ACTIONS_PER_SCORE * 19 + 2 <= MAX_ACTIONS
