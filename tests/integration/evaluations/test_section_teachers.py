"""Several teachers in a section: who sees and writes what on which day, and what history says of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from edu import audit, clock, memory
from edu.errors import LibretaError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.teaching import ASSIGNABLE, Capacity
from evaluations.errors import AssignmentOverError, NotAssignedError, StaleVersionError
from evaluations.repository import term_locks
from evaluations.services.grading import section_entry
from evaluations.services.school import school_cache
from evaluations.services.school.term_locking import TermLock
from tests.integration.edu.console.support import AUDIT, page, staff
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.schools import TestSchool

DAY = timedelta(days=1)
TEACHERS = "/sections/mat-5a/teachers"


@pytest.fixture
def substitute(school: TestSchool) -> ApiClient:
    """Who teaches ``len-5a`` and may stand in for the teacher of ``mat-5a``."""
    return ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))


@pytest.fixture
def today(school: TestSchool) -> date:
    with enter_school(school.school_id):
        return school_cache.today()


def assign(admin: ApiClient, version: int = 1, **changed: Any) -> Any:
    now = clock.now().date()
    given = {
        "teacher_id": "teacher-2",
        "capacity": "substitute",
        "starts_on": (now - 2 * DAY).isoformat(),
        "ends_on": (now + 2 * DAY).isoformat(),
        "reason": "Licencia",
    }
    return admin.send("POST", TEACHERS, given | changed, version=version)


def end(admin: ApiClient, assigned: Any, **given: Any) -> Any:
    found = assigned.json()
    path = f"{TEACHERS}/{found['assignments'][-1]['assignment_id']}/end"
    return admin.send("POST", path, {"reason": "Vuelve la titular", **given}, version=found["version"])


def record(client: ApiClient, evaluation_id: str, student: int, **more: Any) -> Any:
    path = f"/evaluations/{evaluation_id}/scores"
    return client.post(path, {"student_id": f"student-{student:03d}", "value": "6.5", **more})


def newest_entry(school: TestSchool) -> audit.AuditEntry:
    with enter_school(school.school_id):
        return audit.list_month(clock.now().strftime("%Y-%m"), limit=1).items[0]


def test_substitute_sees_and_writes_what_the_teacher_does_and_history_says_so(
    teacher: ApiClient, substitute: ApiClient, admin: ApiClient, school: TestSchool, evaluation_id: str
) -> None:
    reads = [
        *("/sections/mat-5a/students", "/sections/mat-5a/evaluations", TEACHERS),
        *(f"/sections/mat-5a/scores?term={OPEN_TERM}", f"/sections/mat-5a/consolidated?term={OPEN_TERM}"),
        *(f"/evaluations/{evaluation_id}", f"/evaluations/{evaluation_id}/scores"),
    ]
    assert {substitute.get(path).status_code for path in reads} == {403}
    assert refused(record(substitute, evaluation_id, 0)) == (403, "section_not_assigned")
    assigned = assign(admin)
    assert assigned.status_code == 201, assigned.content
    assert assigned.headers["ETag"] == '"2"'
    assert {substitute.get(path).status_code for path in reads} == {200}
    assert [one["section_id"] for one in substitute.get("/sections").json()["results"]] == ["len-5a", "mat-5a"]
    assert record(substitute, evaluation_id, 0).status_code == 201
    assert newest_entry(school).capacity == "substitute"
    path = f"/evaluations/{evaluation_id}/scores/student-000"
    corrected = teacher.send("PUT", path, {"value": "5.0", "reason": "Suma"}, version=1)
    assert corrected.status_code == 200
    newest, first = teacher.get(f"{path}/history").json()["results"]
    assert (newest["capacity"], newest["section_teacher_name"]) == ("teacher", "Ana Pérez")
    assert (first["capacity"], first["section_teacher_name"], first["reason"]) == ("substitute", "Ana Pérez", "")
    scores = substitute.get("/students/student-000/scores").json()["results"]
    assert [score["section_id"] for score in scores] == ["mat-5a"]
    card = substitute.get(f"/students/student-000/report-card?term={OPEN_TERM}").json()
    assert {row["section_id"] for row in card["courses"]} == {"len-5a", "mat-5a"}


def test_evaluation_of_a_substitute_says_as_what_it_was_set(
    substitute: ApiClient, admin: ApiClient, exam: dict[str, Any], school: TestSchool
) -> None:
    assert assign(admin, capacity="co_teacher", starts_on=None, ends_on=None, reason="").status_code == 201
    created = substitute.post("/sections/mat-5a/evaluations", exam)
    path = f"/evaluations/{created.json()['evaluation_id']}"
    assert admin.send("PATCH", path, {"title": "Otro", "reason": "Título"}, version=1).status_code == 200
    assert newest_entry(school).capacity == "administrator"
    said = [(one["capacity"], one["section_teacher_name"]) for one in admin.get(f"{path}/history").json()["results"]]
    assert said == [("administrator", "Ana Pérez"), ("co_teacher", "Ana Pérez")]
    assert substitute.send("DELETE", path, {}, version=2).status_code == 204
    assert (newest_entry(school).action, newest_entry(school).capacity) == ("evaluation.deleted", "co_teacher")


@pytest.mark.parametrize("capacity", list(map(Capacity, ASSIGNABLE)))
def test_assignment_holds_on_its_days_by_the_schools_clocks_and_on_no_other(
    school: TestSchool, capacity: Capacity, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day in Santiago begins at 03:00 or 04:00 UTC. Each hour of three days is asked for what a person may see."""
    now = clock.now()
    with enter_school(school.school_id):
        services.assign_teacher(
            actor=school.person(Role.SCHOOL_ADMIN),
            section_id="mat-5a",
            version=1,
            teacher_id="teacher-2",
            capacity=capacity,
            starts_on=today,
            ends_on=today,
            reason="x",
        )
        seen: dict[date, set[bool]] = {}
        for hours in range(-30, 31):
            instant = now + timedelta(hours=hours)
            monkeypatch.setattr(clock, "now", lambda instant=instant: instant)
            listed = [one.section_id for one in services.list_sections(actor=school.colleague)]
            by_their_clocks = instant.astimezone(ZoneInfo("America/Santiago")).date()
            seen.setdefault(by_their_clocks, set()).add("mat-5a" in listed)
    assert seen.pop(today) == {True}
    assert set.union(*seen.values()) == {False}


def test_ended_at_once_nobody_writes_in_any_process_and_past_scores_are_not_read(
    substitute: ApiClient, admin: ApiClient, school: TestSchool, evaluation_id: str
) -> None:
    """Another process remembers the section with its substitute: the write's own transaction refuses."""
    assigned = assign(admin)
    assert record(substitute, evaluation_id, 0).status_code == 201
    with enter_school(school.school_id):
        remembered = school_cache.get_section("mat-5a")
    ended = end(admin, assigned)
    assert ended.status_code == 200
    [assignment] = ended.json()["assignments"]
    assert assignment["ended_at"]
    assert not assignment["teaches_today"]
    for student in (1, 2):
        with enter_school(school.school_id):
            memory.remember("section:mat-5a", remembered)
        assert refused(record(substitute, evaluation_id, student)) == (403, "section_not_assigned")
        rows = {"rows": [{"student_id": f"student-{student:03d}", "value": "5.0"}]}
        with enter_school(school.school_id):
            memory.remember("section:mat-5a", remembered)
        answer = substitute.send("PUT", f"/evaluations/{evaluation_id}/scores", rows)
        assert refused(answer) == (403, "section_not_assigned")
    assert refused(substitute.get(f"/evaluations/{evaluation_id}/scores")) == (403, "section_not_assigned")
    assert refused(substitute.get(TEACHERS)) == (403, "section_not_assigned")
    assert refused(end(admin, ended)) == (409, "assignment_over")


def test_teacher_writes_on_whatever_another_process_remembers_of_the_others(
    teacher: ApiClient, admin: ApiClient, school: TestSchool, evaluation_id: str, exam: dict[str, Any]
) -> None:
    """The lock names other teachers than this process knows: it looks again by itself, and nobody notices."""
    assert record(teacher, evaluation_id, 0).status_code == 201
    with enter_school(school.school_id):
        remembered = school_cache.get_section("mat-5a")

    def forgetful() -> None:
        with enter_school(school.school_id):
            memory.remember("section:mat-5a", remembered)

    assigned = assign(admin)
    forgetful()
    assert record(teacher, evaluation_id, 1).status_code == 201
    forgetful()
    rows = {"rows": [{"student_id": "student-002", "value": "5.0"}]}
    answer = teacher.send("PUT", f"/evaluations/{evaluation_id}/scores", rows).json()
    assert answer["results"][0]["outcome"] == "created"
    forgetful()
    created = teacher.post("/sections/mat-5a/evaluations", exam)
    assert created.status_code == 201
    path = f"/evaluations/{created.json()['evaluation_id']}"
    forgetful()
    assert teacher.send("PATCH", path, {"title": "Otro"}, version=1).status_code == 200
    end(admin, assigned)
    forgetful()
    assert teacher.send("DELETE", path, {}, version=2).status_code == 204


def test_lock_added_later_is_of_the_teachers_there_are(
    teacher: ApiClient, admin: ApiClient, school: TestSchool, exam: dict[str, Any]
) -> None:
    """Nothing is recorded yet when the substitute comes, so there is no lock to move."""
    with enter_school(school.school_id):
        before = school_cache.get_section("mat-5a")
    assign(admin)
    with enter_school(school.school_id):
        memory.remember("section:mat-5a", before)
    assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201
    assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201


def test_warm_write_of_a_substitute_is_one_call(substitute: ApiClient, admin: ApiClient, evaluation_id: str) -> None:
    assign(admin)
    assert record(substitute, evaluation_id, 0).status_code == 201
    with counted_calls() as calls:
        assert record(substitute, evaluation_id, 1).status_code == 201
    assert calls == ["TransactWriteItems"]
    with counted_calls() as calls:
        substitute.get(f"/evaluations/{evaluation_id}/scores")
    assert calls == ["GetItem", "Query"]


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"teacher_id": "teacher-9"}, "teacher_id", "exists"),
        ({"teacher_id": "teacher-1"}, "teacher_id", "own_section"),
        ({"starts_on": None}, "starts_on", "invalid"),
        ({"ends_on": "2020-01-01"}, "ends_on", "invalid"),
        ({"starts_on": "2020-01-01", "ends_on": "2020-01-02"}, "ends_on", "past"),
        ({"reason": ""}, "reason", "required"),
        ({"capacity": "administrator"}, "capacity", "invalid_choice"),
    ],
)
def test_assignment_that_cannot_be_is_refused_by_its_field(
    admin: ApiClient, given: dict[str, Any], field: str, rule: str
) -> None:
    answer = assign(admin, **given)
    assert answer.status_code == 422
    [error] = problem_of(answer)["errors"]
    assert (error["field"], error["rule"]) == (field, rule)
    assert admin.get(TEACHERS).json()["assignments"] == []


def test_person_is_assigned_once_a_day_and_again_afterwards(admin: ApiClient, today: date) -> None:
    assigned = assign(admin)
    again = assign(admin, version=2)
    assert problem_of(again)["errors"][0]["rule"] == "overlap"
    after = (today + 10 * DAY).isoformat()
    assert assign(admin, version=2, starts_on=after, ends_on=after).status_code == 201
    assert refused(assign(admin, version=2)) == (412, "stale_version")
    assert assigned.json()["assignments"][0]["teaches_today"]


def test_last_day_moves_forward_only(admin: ApiClient, today: date) -> None:
    assigned = assign(admin)
    for wrong in (today - DAY, today + 30 * DAY):
        answer = end(admin, assigned, ends_on=wrong.isoformat())
        assert problem_of(answer)["errors"][0]["rule"] == "within"
    shortened = end(admin, assigned, ends_on=today.isoformat())
    [assignment] = shortened.json()["assignments"]
    assert (assignment["ends_on"], assignment["ended_at"], assignment["teaches_today"]) == (
        today.isoformat(),
        None,
        True,
    )
    unknown = admin.send("POST", f"{TEACHERS}/{'0' * 32}/end", {"reason": "x"}, version=3)
    assert refused(unknown) == (404, "not_found")


def test_only_administrators_assign_and_only_their_schools_teachers(
    teacher: ApiClient, neighbour: ApiClient, admin: ApiClient, other_school: TestSchool, school: TestSchool
) -> None:
    for client in (teacher, neighbour):
        assert assign(client).status_code == 403
    stranger = Principal("x", Role.SCHOOL_ADMIN, other_school.school_id)
    with enter_school(other_school.school_id):
        services.assign_teacher(
            actor=stranger, section_id="mat-5a", version=1, teacher_id="teacher-2", capacity=Capacity.CO_TEACHER
        )
    assert admin.get(TEACHERS).json()["assignments"] == []
    with enter_school(school.school_id):
        assert [one.section_id for one in services.list_sections(actor=school.colleague)] == ["len-5a"]


def test_of_two_administrators_at_once_one_is_told_and_nobodys_assignment_is_lost(school: TestSchool) -> None:
    barrier, outcomes = threading.Barrier(2), list[type[LibretaError] | None]()
    acts: list[Callable[[], object]] = [
        lambda capacity=capacity: services.assign_teacher(  # type: ignore[misc] # bound as it is made
            actor=school.person(Role.SCHOOL_ADMIN),
            section_id="mat-5a",
            version=1,
            teacher_id="teacher-2",
            capacity=capacity,
            starts_on=clock.now().date(),
            ends_on=clock.now().date() + DAY,
            reason="x",
        )
        for capacity in (Capacity.CO_TEACHER, Capacity.SUBSTITUTE)
    ]

    def run(act: Callable[[], object]) -> None:
        with enter_school(school.school_id):
            barrier.wait()
            try:
                act()
            except LibretaError as error:
                outcomes.append(type(error))
            else:
                outcomes.append(None)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {None, StaleVersionError}
    with enter_school(school.school_id):
        found = services.list_section_teachers(actor=school.teacher, section_id="mat-5a")
    assert (found.version, len(found.section.others or ())) == (2, 1)


def test_change_and_its_audit_entry_are_one_and_the_reason_stands_in_the_trail_alone(
    admin: ApiClient, teacher: ApiClient, school: TestSchool
) -> None:
    key = "k-assign"
    sent = {"teacher_id": "teacher-2", "capacity": "co_teacher", "reason": "Aula numerosa"}
    first = admin.send("POST", TEACHERS, sent, version=1, key=key)
    again = admin.send("POST", TEACHERS, sent, version=1, key=key)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    entry = newest_entry(school)
    assert (entry.action, entry.subject, entry.version) == ("section.teacher_assigned", "section:mat-5a", 2)
    assert (entry.reason, entry.before_digest, bool(entry.after_digest)) == ("Aula numerosa", "", True)
    assert "Aula" not in teacher.get(TEACHERS).content.decode()
    end(admin, first)
    ended = newest_entry(school)
    assert (ended.action, ended.before_digest) == ("section.teacher_ended", entry.after_digest)


def test_whoever_was_ended_is_over_for_services_too(school: TestSchool) -> None:
    admin = school.person(Role.SCHOOL_ADMIN)
    with enter_school(school.school_id):
        found = services.assign_teacher(
            actor=admin, section_id="mat-5a", version=1, teacher_id="teacher-2", capacity=Capacity.CO_TEACHER
        )
        [assignment] = found.section.others or ()
        which = {"section_id": "mat-5a", "assignment_id": assignment.assignment_id}
        services.end_assignment(actor=admin, version=2, reason="x", **which)  # type: ignore[arg-type]
        with pytest.raises(AssignmentOverError):
            services.end_assignment(actor=admin, version=3, reason="x", **which)  # type: ignore[arg-type]
        with pytest.raises(NotAssignedError):
            services.list_section_students(actor=school.colleague, section_id="mat-5a")


def test_who_stands_in_for_one_section_sees_nothing_of_another(school: TestSchool) -> None:
    """The section's teacher does not see those of who stands in, either."""
    admin, third = school.person(Role.SCHOOL_ADMIN), school.colleague
    now = datetime.now(UTC).date()
    with enter_school(school.school_id):
        services.assign_teacher(
            actor=admin,
            section_id="len-5a",
            version=1,
            teacher_id="teacher-1",
            capacity=Capacity.SUBSTITUTE,
            starts_on=now - DAY,
            ends_on=now + DAY,
            reason="x",
        )
        for ask in (services.list_section_students, services.list_section_teachers, services.list_section_evaluations):
            with pytest.raises(NotAssignedError):
                ask(actor=third, section_id="mat-5a")
        assert [one.section_id for one in services.list_sections(actor=third)] == ["len-5a"]


def test_closed_term_is_written_by_administrators_as_such(
    admin: ApiClient, school: TestSchool, exam: dict[str, Any], teacher: ApiClient
) -> None:
    created = teacher.post("/sections/mat-5a/evaluations", exam).json()["evaluation_id"]
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    assert record(admin, created, 0, reason="Tarde").status_code == 201
    assert newest_entry(school).capacity == "administrator"


@pytest.mark.parametrize("between", ["add_lock", "move_teachers"])
def test_lock_and_change_of_teachers_at_once_end_in_a_lock_of_the_teachers_there_are(
    school: TestSchool, teacher: ApiClient, exam: dict[str, Any], monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    """The first write of a term adds its lock between a change's reading and writing, or the other way round."""
    real, done = getattr(term_locks, between), list[str]()

    def assign_one() -> None:
        services.assign_teacher(
            actor=school.person(Role.SCHOOL_ADMIN),
            section_id="mat-5a",
            version=1,
            teacher_id="teacher-2",
            capacity=Capacity.CO_TEACHER,
        )

    def write_first() -> None:
        assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201

    def interrupted(*arguments: Any, **named: Any) -> None:
        if not done:
            done.append(between)
            assign_one() if between == "add_lock" else write_first()
        real(*arguments, **named)

    monkeypatch.setattr(term_locks, between, interrupted)
    with enter_school(school.school_id):
        write_first() if between == "add_lock" else assign_one()
    assert done
    with enter_school(school.school_id):
        found = services.list_section_teachers(actor=school.colleague, section_id="mat-5a")
    assert found.version == 2
    write_first()


def import_with(school: TestSchool, **changed: Any) -> None:
    """Import the school's record with its open term changed."""
    terms = [replace(term, **changed) if term.term_id == OPEN_TERM else term for term in school.school.terms]
    with acting_as("worker"):
        importer = Principal("import", Role.SCHOOL_ADMIN, school.school_id)
        services.import_school(actor=importer, school=replace(school.school, terms=tuple(terms)))


def test_locks_of_a_term_that_was_of_another_year_meanwhile_are_of_the_teachers_there_are(
    school: TestSchool, admin: ApiClient, teacher: ApiClient, evaluation_id: str
) -> None:
    """The year of a term is corrected by another import; who teaches was changed before."""
    assert record(teacher, evaluation_id, 0).status_code == 201
    import_with(school, school_year=2027)
    assert assign(admin).status_code == 201
    import_with(school, school_year=2026)
    assert record(teacher, evaluation_id, 1).status_code == 201


def test_term_that_becomes_the_sections_while_its_teachers_change_has_a_lock_of_the_teachers_there_are(
    school: TestSchool, admin: ApiClient, teacher: ApiClient, exam: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change has read the school's terms; then one of them gets its first evaluation in the section."""
    import_with(school, school_year=2027)
    real, done = term_locks.find_locked, list[str]()

    def interrupted(*arguments: Any) -> Any:
        found = real(*arguments)
        if not done:
            done.append(OPEN_TERM)
            import_with(school, school_year=2026)
            assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201
        return found

    monkeypatch.setattr(term_locks, "find_locked", interrupted)
    assert assign(admin).status_code == 201
    assert done
    assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201


@pytest.mark.parametrize("what", ["ended", "another"])
def test_change_of_teachers_between_two_transactions_of_rows_has_the_rest_judged_again(
    school: TestSchool,
    substitute: ApiClient,
    evaluation_id: str,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """Who was ended writes none of the rows that remain; whom it does not concern writes them all."""
    admin = ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN)))
    assigned = assign(admin)
    path, before = f"/evaluations/{evaluation_id}/scores", TermLock.require
    monkeypatch.setattr(section_entry, "_ROWS_PER_TRANSACTION", 1)
    locked = list[TermLock]()

    def interrupted(lock: TermLock, transaction: Any) -> None:
        locked.append(lock)
        if len(locked) == 2 and what == "ended":
            end(admin, assigned)
        elif len(locked) == 2:
            assign(admin, version=2, starts_on="2099-01-01", ends_on="2099-01-01")
        if len(locked) == 2:
            with enter_school(school.school_id):
                memory.remember("section:mat-5a", lock.section)
        before(lock, transaction)

    monkeypatch.setattr(TermLock, "require", interrupted)
    rows = [{"student_id": student.student_id, "value": "5.0"} for student in school.students]
    results = substitute.send("PUT", path, {"rows": rows}).json()["results"]
    remaining = "rejected" if what == "ended" else "created"
    assert [one["outcome"] for one in results] == ["created", remaining, remaining]
    if what == "ended":
        assert {one["problem"]["code"] for one in results[1:]} == {"section_not_assigned"}
        assert results[-1]["value"] is None


def test_trail_tells_an_auditor_in_words_as_what_somebody_acted(
    school: TestSchool, substitute: ApiClient, admin: ApiClient, evaluation_id: str
) -> None:
    assign(admin)
    assert record(substitute, evaluation_id, 0).status_code == 201
    auditor = staff(Role.AUDITOR, school.school_id)
    listed = page(auditor, AUDIT)
    assert "Reemplazante" in listed
    assert "Docente asignado a una sección" in listed
    link = next(part for part in listed.split('"') if part.startswith(AUDIT) and part.endswith("/change/"))
    assert "en calidad de" in page(auditor, link).lower()
