"""A student is erased from everything, killed at every step and done again, and what counts them stays right."""

from __future__ import annotations

import io
import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from analytics.domain.datasets import Dataset, Month
from analytics.lake import files, layout, store
from edu import audit, clock, student_keys
from edu.dynamo.transactions import Transaction
from edu.erasure import erasing, holds, parts, records
from edu.erasure.errors import AlreadyErasedError, ErasureBlockedError
from edu.errors import InvalidInputError, NotFoundError
from edu.identity.principal import Principal, Role
from edu.jobs.domain import StepEnd
from edu.pseudonyms import pseudonym_of, standing_pseudonyms_of
from edu.tenancy import enter_lake, enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from evaluations.domain.roster import name_of
from evaluations.domain.roster_changes import Change, ChangeKind
from evaluations.domain.roster_imports import ImportState, RosterImport
from evaluations.domain.school import Enrolment, Student
from evaluations.errors import NotEnrolledError
from evaluations.repository import roster_imports, roster_records
from evaluations.services.reports.consolidating import consolidate_section
from govsync import services
from govsync.domain.states import RunState
from tests.integration.govsync.support import record_grades
from tests.support import events
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.govsync.support import Driver
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

OPERATOR = Principal("op-1", Role.PLATFORM_OPERATOR, None)
CANARY = Student(
    student_id="student-001",
    given_name="Quetzalxochitl",
    family_name="Ñuñurbe",
    national_id="CANARY-7719-K",
    grade_level=5,
)
E_MAIL = "canario.7719@familia.example"
COMMENT = f"{CANARY.given_name} escribió desde {E_MAIL}"
WORDS = (CANARY.given_name, CANARY.family_name, str(CANARY.national_id), E_MAIL)
STUDENT = CANARY.student_id
NAMES = [part.name for part in parts.list_parts()]


class KilledError(BaseException):
    """The process is gone: nothing of ours catches this."""


@pytest.fixture
def evaluation_id(driver: Driver, school: TestSchool, cloud: Cloud) -> str:
    """The canary stands everywhere: roster, plan, comment, events, rejected events, exports, results; all is told."""
    found = _planted(driver, school, cloud)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    assert driver.finish().run.state is RunState.RECONCILED
    return found


def _planted(driver: Driver, school: TestSchool, cloud: Cloud) -> str:
    assert driver
    _rename()
    evaluation_id = record_grades(school, "5.5", "4.1", "6.9")
    evaluations.correct_score(
        actor=school.teacher,
        evaluation_id=evaluation_id,
        student_id=STUDENT,
        version=1,
        state=ScoreState.RECORDED,
        value="4.1",
        comment=COMMENT,
        reason="",
    )
    consolidate_section(term_id=OPEN_TERM, section_id="mat-5a")
    good = {"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": clock.now().isoformat(), "note": COMMENT}
    bad = {"event_id": "none", "note": COMMENT}
    events.store(school.school_id, STUDENT, [good, bad])
    for folder in (layout.exports_folder(), layout.results_folder()):
        for version in ("old", "new"):
            _put(cloud, f"{folder}some-file", f"{version} {COMMENT} {' '.join(WORDS)}".encode())
    return evaluation_id


def _rename() -> None:
    """As an import does, whose plan has both names."""
    (standing,) = roster_records.find_records([name_of(CANARY)]).values()
    change = Change(kind=ChangeKind.CHANGED, before=standing.record, after=CANARY, seen=standing.import_id)
    other = Enrolment(section_id="mat-5a", student_id="student-000")
    now = clock.now()
    transaction = Transaction()
    record = RosterImport(
        import_id="import-1",
        state=ImportState.APPLIED,
        digest="d",
        salt="s",
        started_by="x",
        started_at=now,
        updated_at=now,
        chunks=1,
    )
    roster_imports.put_import(transaction, record, otherwise=RuntimeError)
    roster_records.add_change(transaction, change, "import-1")
    transaction.commit()
    also = Change(kind=ChangeKind.NEW, before=None, after=other)
    roster_imports.put_plan("import-1", [[change, also]])


def _put(cloud: Cloud, key: str, body: bytes) -> None:
    cloud.root("s3").put_object(Bucket=cloud.outputs["LakeBucket"], Key=key, Body=body)


def _order() -> records.Erasure:
    return erasing.order_erasure(actor=OPERATOR, student_id=STUDENT, reason="pedido de la familia, acta 12")


def _finish(driver: Driver, erasure: records.Erasure) -> None:
    for _step in range(100):
        result = erasing.advance_erasure(job_id=erasure.job_id)
        if result.until is not None:
            driver.clock.skip_to(result.until)
        if result.end is StepEnd.FINISHED:
            return
    raise AssertionError("the erasure does not end")


def _everything_of(cloud: Cloud, school_id: str) -> str:
    """All items, with plans unpacked, and every version of every object of the school."""
    items = [str(item) for item in cloud.items_of(school_id)]
    plans = [str(changes) + repr(_told(changes)) for _id, _number, changes in roster_imports.iterate_plans()]
    s3, bucket = cloud.root("s3"), cloud.outputs["LakeBucket"]
    bodies = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for found in page.get("Versions", []):
            if f"school={school_id}/" in found["Key"]:
                got = s3.get_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])
                bodies.append(got["Body"].read().decode("utf-8", "replace"))
    return "\n".join(items + plans + bodies)


def _told(changes: list[Change]) -> list[Any]:
    return [
        (record.given_name, record.family_name, record.national_id)
        for change in changes
        for record in (change.before, change.after)
        if isinstance(record, Student)
    ]


def _require_gone(cloud: Cloud, school: TestSchool, evaluation_id: str, driver: Driver) -> None:
    left = _everything_of(cloud, school.school_id)
    assert [word for word in WORDS if word in left] == []
    for read in (
        lambda: evaluations.require_student(student_id=STUDENT),
        lambda: evaluations.list_student_scores(actor=_admin(school), student_id=STUDENT),
        lambda: evaluations.get_report_card(actor=_admin(school), student_id=STUDENT),
        lambda: evaluations.get_score(actor=school.teacher, evaluation_id=evaluation_id, student_id=STUDENT),
    ):
        with pytest.raises(NotFoundError):
            read()
    grades = evaluations.get_section_grades(actor=school.teacher, section_id="mat-5a", term_id=OPEN_TERM)
    shown = {score.student_id for score in evaluations.list_scores(actor=school.teacher, evaluation_id=evaluation_id)}
    assert {line.student_id for line in grades.lines} == shown == {"student-000", "student-002"}
    told = evaluations.list_term_grades(term_id=OPEN_TERM)
    assert [(grade.student_id, grade.value) for grade in told] == [
        ("student-000", "5.5"),
        (STUDENT, "4.1"),
        ("student-002", "6.9"),
    ]
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    report = driver.finish(f"{OPEN_TERM}-r2").run
    assert (report.state, report.certified) == (RunState.RECONCILED, 3)


def _admin(school: TestSchool) -> Principal:
    return school.person(Role.SCHOOL_ADMIN)


def test_an_erased_student_is_nowhere_and_everything_that_counts_them_stays_right(
    cloud: Cloud,
    driver: Driver,
    school: TestSchool,
    evaluation_id: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = _everything_of(cloud, school.school_id)
    assert [word for word in WORDS if word not in before] == [], "the canary must be there to be missed"
    pseudonym = pseudonym_of(STUDENT)
    erasure = _order()
    student_keys.forget_keys()
    assert standing_pseudonyms_of([STUDENT]) == {}, "unlinked from the first moment"
    _finish(driver, erasure)
    _require_gone(cloud, school, evaluation_id, driver)
    assert pseudonym not in str(list(cloud.items_of(school.school_id)))
    assert [word for word in WORDS if word in caplog.text] == []
    entries = audit.list_of_subject(f"student:{STUDENT}").items
    assert [(entry.action, entry.actor) for entry in entries] == [("student.erased", "op-1")]
    (number_zero,) = roster_imports.get_chunk("import-1", 0)
    assert number_zero.after == Enrolment(section_id="mat-5a", student_id="student-000"), "others' part of a plan stays"


@pytest.mark.parametrize("killed_at", NAMES)
def test_an_erasure_that_is_killed_before_and_after_a_step_goes_on_and_ends_the_same(
    cloud: Cloud, driver: Driver, school: TestSchool, evaluation_id: str, killed_at: str
) -> None:
    part, erasure = parts._parts[killed_at], _order()
    for first in (_nothing, part.erase):
        with _killed(part, first), pytest.raises(KilledError):
            _finish(driver, erasure)
    assert standing_pseudonyms_of([STUDENT]) == {}
    with pytest.raises(AlreadyErasedError):
        _order()
    driver.clock.skip_to(clock.now() + timedelta(hours=1))
    handed_out = [due.job_id for due in erasing.hand_out_erasures() if due.school_id == school.school_id]
    assert handed_out == [erasure.job_id], "the sweep finds it again"
    _finish(driver, erasure)
    _require_gone(cloud, school, evaluation_id, driver)


@contextmanager
def _killed(part: parts.Part, first: Callable[[str], int]) -> Iterator[None]:
    """Whoever erases the part does ``first`` and is gone."""

    def kill(student_id: str) -> int:
        first(student_id)
        raise KilledError

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(parts._parts, part.name, replace(part, erase=kill))
        yield


def _nothing(_student_id: str) -> int:
    return 0


def test_what_the_law_needs_is_not_erased_and_the_error_says_until_when(
    cloud: Cloud, driver: Driver, school: TestSchool
) -> None:
    _planted(driver, school, cloud)
    for _again in range(2):
        with pytest.raises(ErasureBlockedError) as raised:
            _order()
    due_at = next(term for term in school.school.terms if term.term_id == OPEN_TERM).ends_on + timedelta(days=3)
    assert "grades_not_told (term-open)" in str(raised.value)
    assert f"grades_not_certified (term-open) until {due_at}" in str(raised.value)
    assert [word for word in WORDS if word in str(raised.value)] == []
    assert not student_keys.is_destroyed(STUDENT)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    with pytest.raises(ErasureBlockedError, match="grades_not_certified"):
        _order()
    assert driver.finish().run.state is RunState.RECONCILED
    assert erasing.plan_erasure(STUDENT)[0] == []
    assert _order().rounds == 1


@pytest.mark.parametrize("student_id", [STUDENT, ""])
def test_a_legal_hold_forbids_an_erasure_until_it_is_released(
    driver: Driver, evaluation_id: str, student_id: str
) -> None:
    assert driver
    assert evaluation_id
    hold = holds.place_hold(actor=OPERATOR, reason="juzgado 4, causa 77", student_id=student_id)
    with pytest.raises(ErasureBlockedError, match=hold.hold_id):
        _order()
    assert not student_keys.is_destroyed(STUDENT)
    holds.release_hold(actor=OPERATOR, hold_id=hold.hold_id, reason="archivada")
    assert _order().student_id == STUDENT


def test_a_hold_of_another_student_forbids_nothing(driver: Driver, evaluation_id: str) -> None:
    assert driver
    assert evaluation_id
    holds.place_hold(actor=OPERATOR, reason="causa 78", student_id="student-002")
    assert _order().student_id == STUDENT


def test_nobody_unknown_and_nothing_without_a_reason_is_erased(driver: Driver) -> None:
    assert driver
    with pytest.raises(NotFoundError):
        erasing.order_erasure(actor=OPERATOR, student_id="nobody", reason="because")
    with pytest.raises(InvalidInputError):
        erasing.order_erasure(actor=OPERATOR, student_id="student-002", reason=" ")
    assert records.list_erasures() == []


def test_what_still_comes_of_an_erased_student_is_counted_and_names_nobody(
    driver: Driver, school: TestSchool, cloud: Cloud, evaluation_id: str
) -> None:
    pseudonym = pseudonym_of(STUDENT)
    erasure = _order()
    _finish(driver, erasure)
    late = [{"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": clock.now().isoformat()} for _ in range(3)]
    assert events.store(school.school_id, STUDENT, late).events == 3
    assert events.store(school.school_id, STUDENT, late).duplicates == 3
    stored = [item for item in cloud.items_of(school.school_id) if item["entity"]["S"] == "behavior_event"]
    names = {item["student_pseudonym"]["S"] for item in stored}
    assert len(names) == 3
    assert pseudonym not in names
    with pytest.raises(NotFoundError):
        evaluations.correct_score(
            actor=school.teacher,
            evaluation_id=evaluation_id,
            student_id=STUDENT,
            version=2,
            state=ScoreState.RECORDED,
            value="7.0",
            comment=None,
            reason="",
        )
    with pytest.raises((NotEnrolledError, NotFoundError)):
        record_grades(school, "5.0", "5.0")


def test_after_a_restored_backup_the_list_says_whom_to_erase_again(
    cloud: Cloud, driver: Driver, school: TestSchool, evaluation_id: str
) -> None:
    """The backup is from before: the items are as they were, the key among them."""
    client, name = cloud.root("dynamodb"), cloud.outputs["TableName"]
    backup = cloud.items_of(school.school_id)
    _finish(driver, _order())
    for item in backup:
        client.put_item(TableName=name, Item=item)
    student_keys.forget_keys()
    assert standing_pseudonyms_of([STUDENT]) != {}
    assert [one.student_id for one in records.list_erasures()] == [STUDENT]
    again = erasing.order_erasure(actor=OPERATOR, student_id=STUDENT, reason="copia restaurada", again=True)
    assert again.rounds == 2
    _finish(driver, again)
    _require_gone(cloud, school, evaluation_id, driver)


def test_an_import_that_still_names_an_erased_student_brings_nothing_of_them_back(
    cloud: Cloud, driver: Driver, school: TestSchool, evaluation_id: str
) -> None:
    _finish(driver, _order())
    evaluations.import_school(
        actor=_admin(school),
        school=school.school,
        courses=[],
        teachers=[],
        sections=[],
        students=[CANARY, *(student for student in school.students if student.student_id != STUDENT)],
        enrolments=[Enrolment(section_id="mat-5a", student_id=student.student_id) for student in school.students],
    )
    _require_gone(cloud, school, evaluation_id, driver)


def test_the_lakes_rows_stay_as_they_are(cloud: Cloud, driver: Driver, school: TestSchool, evaluation_id: str) -> None:
    """No change of an erased student's items is one that the pipes take."""
    assert evaluation_id
    today = clock.now()
    month = Month(today.year, today.month)
    row = {"school_id": school.school_id, "student_pseudonym": pseudonym_of(STUDENT), "evaluation_id": evaluation_id}
    body = files.parquet_of(files.table_of(Dataset.GRADES, [row]))
    key = layout.month_folder(Dataset.GRADES, month) + "a-file-of-the-test.parquet"
    _put(cloud, key, body)
    _finish(driver, _order())
    with enter_lake():
        assert store.get_object(key).body == body
    scores = [item for item in cloud.items_of(school.school_id) if item["pk"]["S"].endswith(evaluation_id)]
    own = [item for item in scores if item["sk"]["S"] == f"SCORE#{STUDENT}"]
    assert [(item["entity"]["S"], "lake" in item, "gsi1pk" in item) for item in own] == [
        ("unlinked_score", False, False)
    ]


def test_the_command_erases_and_shows_ids_and_counts_alone(
    driver: Driver, school: TestSchool, evaluation_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert driver
    assert evaluation_id
    where = ["--school", school.school_id, "--student", STUDENT]
    call_command("erase_student", *where, "--dry-run")
    dry = capsys.readouterr().out
    assert [line.split()[0] for line in dry.splitlines()] == NAMES
    assert not student_keys.is_destroyed(STUDENT)
    out = io.StringIO()
    call_command("erase_student", *where, "--reason", "acta 12", stdout=out)
    assert "unlinked; the last look is a worker's" in out.getvalue()
    call_command("erase_student", "--school", school.school_id, "--list", stdout=out)
    assert f"{STUDENT} ordered=" in out.getvalue()
    assert [word for word in WORDS if word in dry + out.getvalue()] == []
    driver.clock.skip_to(clock.now() + erasing.SETTLED_AFTER)
    call_command("erase_student", *where, stdout=out)
    call_command("erase_student", "--school", school.school_id, "--list", stdout=out)
    assert out.getvalue().splitlines()[-1].endswith(" done")


def test_another_schools_student_of_the_same_id_is_untouched(
    driver: Driver, cloud: Cloud, evaluation_id: str, other_school: TestSchool
) -> None:
    assert evaluation_id
    before = sorted(map(str, cloud.items_of(other_school.school_id)))
    with enter_school(other_school.school_id):
        pseudonym = pseudonym_of(STUDENT)
    _finish(driver, _order())
    assert sorted(map(str, cloud.items_of(other_school.school_id))) == before
    with enter_school(other_school.school_id):
        student_keys.forget_keys()
        assert pseudonym_of(STUDENT) == pseudonym


@pytest.mark.usefixtures("cloud", "driver", "school")
def test_hold_that_is_placed_while_an_erasure_is_ordered_stands_in_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    student_keys.keys_of([STUDENT])
    require_free = erasing._require_free

    def hold_after(student_id: str) -> None:
        require_free(student_id)
        holds.place_hold(actor=OPERATOR, reason="causa 77", student_id=student_id)

    monkeypatch.setattr(erasing, "_require_free", hold_after)
    with pytest.raises(ErasureBlockedError):
        _order()
    assert not student_keys.is_destroyed(STUDENT)
