"""Every question through the API to an emulated Athena, over files that the product's writer made."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics import athena, services
from analytics.athena import RunState
from analytics.domain.datasets import Dataset, Month
from analytics.errors import ResultGoneError, RunNotFoundError
from analytics.lake import files, layout, snapshots, store
from analytics.queries.pass_rates import PassRates
from analytics.queries.questions import Person
from analytics.queries.registry import QUESTIONS
from analytics.repository import query_runs
from analytics.services import asking, people
from edu import clock, memory, student_keys
from edu.http import minutes
from edu.http.minutes import MinuteCounts
from edu.identity.principal import Role
from edu.pseudonyms import pseudonym_of
from edu.tenancy import enter_lake, enter_school
from tests.integration.evaluations.conftest import ApiClient, account_of
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

SECTIONS = {"mat-5a": "mat-5", "len-5a": "len-5"}
GRADES = ("7.0", "6.0", "5.5", "3.0", "2.5", "1.0")


@pytest.fixture
def pupils(cloud: Cloud, school_id: str) -> TestSchool:
    """A school with six students, each with three scores in each of two sections, and absences of the last two."""
    assert cloud
    with acting_as("worker"):
        school = import_school(school_id, students=len(GRADES))
        with enter_school(school_id):
            write(Dataset.GRADES, "a.parquet", list(grade_rows(school)))
            write(Dataset.EVENTS, "a.parquet", list(event_rows(school)))
    return school


@pytest.fixture
def admin(pupils: TestSchool) -> ApiClient:
    return ApiClient(id_token_of(account_of(pupils, Role.SCHOOL_ADMIN)))


@pytest.fixture
def teacher(pupils: TestSchool) -> ApiClient:
    return ApiClient(id_token_of(account_of(pupils, Role.TEACHER, "teacher-1")))


def write(dataset: Dataset, name: str, rows: list[dict[str, Any]]) -> None:
    now = clock.now()
    key = layout.month_folder(dataset, Month(now.year, now.month)) + name
    with enter_lake():
        store.put_object(key, files.parquet_of(files.table_of(dataset, rows)))


def grade_rows(school: TestSchool, *, name: str = "e") -> Iterator[dict[str, Any]]:
    now = int(clock.now().timestamp())
    for section_id, course_id in SECTIONS.items():
        for number in range(3):
            shared = {
                "change_id": f"{name}-{section_id}-{number}",
                "op": "INSERT",
                "school_id": school.school_id,
                "evaluation_id": f"{name}-{section_id}-{number}",
                "section_id": section_id,
                "course_id": course_id,
                "term_id": OPEN_TERM,
                "kind": "exam",
                "version": 1,
                "recorded_at_epoch_s": now,
                "schema_version": 2,
                "sequence": "1",
                "purpose": "summative",
            }
            held_on = (clock.now().date() - timedelta(days=1)).isoformat()
            evaluation = {"entity": "evaluation", "state": "standing", "weight": "10", "held_on": held_on, "value": ""}
            yield shared | evaluation | {"student_pseudonym": ""}
            for student, value in zip(school.students, GRADES, strict=True):
                score = {"entity": "score", "state": "recorded", "weight": "", "held_on": "", "value": value, "late": 0}
                yield shared | score | {"student_pseudonym": pseudonym_of(student.student_id)}


def event_rows(school: TestSchool) -> Iterator[dict[str, Any]]:
    now = int(clock.now().timestamp())
    for student in school.students[-2:]:
        for number in range(11):
            yield {
                "change_id": f"{student.student_id}-{number}",
                "op": "INSERT",
                "school_id": school.school_id,
                "event_id": f"{student.student_id}-{number}",
                "student_pseudonym": pseudonym_of(student.student_id),
                "kind": "absent",
                "value": "",
                "occurred_at_epoch_s": now,
                "arrived_at_epoch_s": now,
                "arrived_at_ms": now * 1000,
                "schema_version": 2,
                "sequence": str(number + 1),
            }


def asked(client: ApiClient, name: str, **parameters: str) -> Any:
    """The answer, however long it takes."""
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    answer = client.get(f"/analytics/{name}?{query}")
    for _ in range(20):
        if answer.status_code != 202:
            break
        athena.wait(run_of(answer.json()["run_id"]), wait_s=3)
        answer = client.get(answer.headers["Location"].removeprefix("/api/v1"))
    return answer


def run_of(run_id: str) -> str:
    found = query_runs.find_run(run_id)
    assert found
    return found.execution_id or ""


def today() -> str:
    return clock.now().date().isoformat()


def test_every_question_is_answered_for_an_administrator(admin: ApiClient, pupils: TestSchool) -> None:
    week = {
        "first_on": (clock.now().date() - timedelta(days=7)).isoformat(),
        "last_on": (clock.now().date() + timedelta(days=1)).isoformat(),
    }
    parameters = {"progress": {}, "behaviour-weeks": week}
    answers = {}
    for name in QUESTIONS:
        answer = asked(admin, name, **parameters.get(name, {"term": OPEN_TERM}))
        assert answer.status_code == 200, (name, answer.content)
        answers[name] = answer.json()
    rows = {name: answer["rows"] for name, answer in answers.items()}
    rates = {row["section_id"]: (row["students"], row["passing"]) for row in rows["pass-rates"]}
    assert rates == {"mat-5a": (6, 3), "len-5a": (6, 3)}
    assert [row["grades"] for row in rows["progress"]] == [12]
    assert {(row["value"], row["scores"]) for row in rows["grade-distribution"]} == {(value, 3) for value in GRADES}
    assert [(row["kind"], row["events"], row["students"]) for row in rows["behaviour-weeks"]] == [("absent", 22, 2)] * 2
    (everybody,) = [row for row in rows["attendance-against-grades"] if row["absences"] == "all"]
    assert (everybody["students"], everybody["events"]) == (6, 22)
    assert everybody["correlation"] < -0.5
    assert {row["student_id"] for row in rows["at-risk"]} == {one.student_id for one in pupils.students[-2:]}
    assert rows["own-past"] == []
    assert all(answer["scanned_bytes"] > 0 for answer in answers.values())


def test_a_question_reads_no_more_than_its_schools_files(admin: ApiClient, pupils: TestSchool) -> None:
    answer = asked(admin, "pass-rates", term=OPEN_TERM).json()
    now = clock.now()
    with enter_school(pupils.school_id):
        size = snapshots.take(Dataset.GRADES, [Month(now.year, now.month)]).size
    assert 0 < answer["scanned_bytes"] <= 1.2 * size


def test_same_question_to_the_same_files_starts_no_query_and_a_new_file_makes_it_another(
    admin: ApiClient, pupils: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    start = athena.start

    def noted(*args: Any, **options: Any) -> str:
        started.append(start(*args, **options))
        return started[-1]

    monkeypatch.setattr(athena, "start", noted)
    first = asked(admin, "pass-rates", term=OPEN_TERM)
    again = asked(admin, "pass-rates", term=OPEN_TERM)
    assert (again.json()["run_id"], len(started)) == (first.json()["run_id"], 1)
    assert admin.get(f"/analytics/pass-rates?term={OPEN_TERM}", If_None_Match=first.headers["ETag"]).status_code == 304
    with acting_as("worker"), enter_school(pupils.school_id):
        write(Dataset.GRADES, "b.parquet", list(grade_rows(pupils, name="later")))
    assert asked(admin, "pass-rates", term=OPEN_TERM).json()["run_id"] != first.json()["run_id"]
    assert len(started) == 2


def test_answer_that_takes_longer_is_read_at_its_own_address(
    admin: ApiClient, pupils: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, enter_school(pupils.school_id):
        patch.setattr(
            athena,
            "wait",
            lambda _query, *, wait_s: athena.Progress(RunState.RUNNING, 5, int(wait_s)),
        )
        first = admin.get("/analytics/progress")
    assert (first.status_code, first.headers["Retry-After"]) == (202, "2")
    assert first.json()["state"] == "running"
    with enter_school(pupils.school_id):
        athena.wait(run_of(first.json()["run_id"]), wait_s=10)
    later = admin.get(first.headers["Location"].removeprefix("/api/v1"))
    assert (later.status_code, later.json()["question"]) == (200, "progress")


def test_answer_is_a_spreadsheet_in_spanish_or_a_parquet_file(admin: ApiClient) -> None:
    asked(admin, "pass-rates", term=OPEN_TERM)
    sheet = admin.get(f"/analytics/pass-rates?term={OPEN_TERM}&format=csv", Accept_Language="es")
    lines = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0][:3] == ["Asignatura", "Sección", "Estudiantes"]
    assert lines[1][:3] == ["len-5", "len-5a", "6"]
    assert lines[1][4] == "0,5"
    body = admin.get(f"/analytics/pass-rates?term={OPEN_TERM}&format=parquet")
    assert body.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert body.content[:4] == b"PAR1"


def test_teacher_asks_about_the_sections_they_teach_and_no_others(teacher: ApiClient) -> None:
    own = asked(teacher, "at-risk", term=OPEN_TERM, section="mat-5a", failing_courses="1")
    assert own.status_code == 200
    assert [row["failing"] for row in own.json()["rows"]] == [1, 1]
    assert asked(teacher, "grade-distribution", term=OPEN_TERM, section="mat-5a").status_code == 200
    for name, more in (
        ("at-risk", {"section": "len-5a"}),
        ("at-risk", {}),
        ("grade-distribution", {}),
        ("pass-rates", {}),
    ):
        assert asked(teacher, name, term=OPEN_TERM, **more).status_code == 403, name
    assert {one["name"] for one in teacher.get("/analytics").json()["results"]} == {"grade-distribution", "at-risk"}


def test_run_of_another_school_is_not_there(admin: ApiClient, pupils: TestSchool, other_school: TestSchool) -> None:
    run_id = asked(admin, "pass-rates", term=OPEN_TERM).json()["run_id"]
    stranger = ApiClient(id_token_of(account_of(other_school, Role.SCHOOL_ADMIN)))
    assert stranger.get(f"/analytics/runs/{run_id}").status_code == 404
    assert admin.get(f"/analytics/runs/{run_id}").status_code == 200
    with enter_school(other_school.school_id):
        with pytest.raises(RunNotFoundError):
            services.look(actor=other_school.person(Role.SCHOOL_ADMIN), run_id=run_id)
        found = services.ask(actor=other_school.person(Role.SCHOOL_ADMIN), question=PassRates(OPEN_TERM), wait_s=10)
    assert found.answer is not None
    assert found.answer.rows == ()
    assert pupils.school_id != other_school.school_id


def test_text_that_would_end_a_literal_is_a_text(admin: ApiClient) -> None:
    for term in ("x' OR '1'='1", "%27%3B--", "nosuch"):
        answer = admin.get(f"/analytics/pass-rates?term={term}")
        assert answer.status_code == 422


def week() -> dict[str, str]:
    today_there = clock.now().date()
    return {
        "first_on": (today_there - timedelta(days=7)).isoformat(),
        "last_on": (today_there + timedelta(days=1)).isoformat(),
    }


def test_teacher_reads_no_run_of_a_question_that_they_may_not_ask(admin: ApiClient, teacher: ApiClient) -> None:
    run_id = asked(admin, "behaviour-weeks", section="mat-5a", **week()).json()["run_id"]
    assert admin.get(f"/analytics/runs/{run_id}").status_code == 200
    assert teacher.get(f"/analytics/runs/{run_id}").status_code == 403
    assert asked(teacher, "behaviour-weeks", section="mat-5a", **week()).status_code == 403


def test_question_whose_result_is_gone_is_put_again(
    admin: ApiClient, pupils: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure removes every result of the school. The emulator has them by heart, so Athena's answer is played."""
    first = asked(admin, "pass-rates", term=OPEN_TERM).json()
    with enter_school(pupils.school_id):
        gone, rows_of = run_of(first["run_id"]), athena.rows_of

    def read(query_id: str) -> list[athena.Row]:
        if query_id == gone:
            raise ResultGoneError("InvalidRequestException")
        return rows_of(query_id)

    monkeypatch.setattr(athena, "rows_of", read)
    again = asked(admin, "pass-rates", term=OPEN_TERM)
    assert (again.status_code, again.json()["rows"]) == (200, first["rows"])
    assert admin.get(f"/analytics/runs/{first['run_id']}").status_code == 200


def test_run_whose_result_is_gone_is_forgotten(
    admin: ApiClient, pupils: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked(admin, "pass-rates", term=OPEN_TERM).json()

    def read(_query_id: str) -> list[athena.Row]:
        raise ResultGoneError("InvalidRequestException")

    monkeypatch.setattr(athena, "rows_of", read)
    assert admin.get(f"/analytics/runs/{first['run_id']}").status_code == 404
    assert pupils


def test_run_of_sections_that_have_other_students_since_is_put_anew(
    admin: ApiClient, pupils: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student leaves the school and the others one section: the old run's numbers are of other groups."""
    run_id = asked(admin, "behaviour-weeks", **week()).json()["run_id"]
    with enter_school(pupils.school_id):
        names = {pseudonym_of(student.student_id): student.student_id for student in pupils.students[:-1]}
    moved = {name: Person(student_id, frozenset({"mat-5a"})) for name, student_id in names.items()}
    monkeypatch.setattr(people, "people_of_school", lambda _actor: moved)
    for _ in range(20):
        answer = admin.get(f"/analytics/runs/{run_id}")
        if answer.status_code != 202:
            break
        with enter_school(pupils.school_id):
            athena.wait(run_of(answer.json()["run_id"]), wait_s=3)
    assert [(row["section_id"], row["events"]) for row in answer.json()["rows"]] == [("mat-5a", 11)]
    assert answer.json()["run_id"] == asked(admin, "behaviour-weeks", **week()).json()["run_id"] != run_id


def test_erased_student_is_not_known_by_the_pseudonym_that_was_theirs(admin: ApiClient, pupils: TestSchool) -> None:
    """Who kept an answer of before would find in it whose the row is."""
    before = asked(admin, "at-risk", term=OPEN_TERM).json()["rows"]
    erased = pupils.students[-1].student_id
    (pseudonym,) = (row["student_pseudonym"] for row in before if row["student_id"] == erased)
    with acting_as("worker"), enter_school(pupils.school_id):
        student_keys.destroy_key(erased, at=clock.now())
    memory.forget_everything()
    after = asked(admin, "at-risk", term=OPEN_TERM)
    assert pseudonym not in after.content.decode()
    assert [row["student_id"] for row in after.json()["rows"]] == [pupils.students[-2].student_id]


def test_school_that_asks_without_end_leaves_athena_to_others(
    admin: ApiClient, pupils: TestSchool, other_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bound makes another question; what was answered is found all the same."""
    monkeypatch.setattr(minutes, "MINUTE_S", 10**9)  # nothing of this begins another one
    monkeypatch.setattr(asking, "_started", MinuteCounts())
    monkeypatch.setattr(asking, "MOST_STARTS", 3)
    rules = [str(number) for number in range(1, 6)]
    answers = [asked(admin, "at-risk", term=OPEN_TERM, absences=rule).status_code for rule in rules]
    assert answers == [200, 200, 200, 503, 503]
    assert asked(admin, "at-risk", term=OPEN_TERM, absences="1").status_code == 200
    other = ApiClient(id_token_of(account_of(other_school, Role.SCHOOL_ADMIN)))
    assert other.get(f"/analytics/at-risk?term={OPEN_TERM}").status_code in {200, 202}
    monkeypatch.setattr(asking, "_started", MinuteCounts())
    assert asked(admin, "at-risk", term=OPEN_TERM, absences="4").status_code == 200
    assert pupils
