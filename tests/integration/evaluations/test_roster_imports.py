"""A roster from files: seen first, written as it was seen, held when it is large, refused when the school changed."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, clock
from edu.errors import ForbiddenError, InvalidInputError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.roster_imports import ImportState
from evaluations.errors import (
    ImportDecidedError,
    ImportNotFoundError,
    ImportRefusedError,
    ImportRunningError,
    ImportTooOldError,
    PreviewOutdatedError,
)
from evaluations.repository import roster, roster_imports
from tests.integration.evaluations.rosters import (
    OPTIONS,
    begin,
    finish,
    load,
    make_empty_school,
    principal,
    students_of,
    table_of,
)
from tests.support.cloud import acting_as
from tests.support.roster_sets import RosterSet, workbook_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cloud import Cloud

ENDING = services.ImportOptions(end_missing=True)


def preview(school_id: str, made: RosterSet, options: services.ImportOptions = OPTIONS) -> services.Preview:
    with enter_school(school_id):
        return services.preview_import(actor=principal(school_id), files=made.files(), options=options)


def plans_of(cloud: Cloud, school_id: str) -> list[dict[str, Any]]:
    return [item for item in cloud.items_of(school_id) if item["entity"]["S"] == "roster_plan"]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_set_is_loaded_and_loading_it_again_changes_nothing(cloud: Cloud, own: str, version: str) -> None:
    before = table_of(cloud, own)
    seen = preview(own, RosterSet(version))
    assert (table_of(cloud, own), plans_of(cloud, own)) == (before, [])
    assert seen.counts() == {
        "course.new": 2,
        "teacher.new": 1,
        "section.new": 2,
        "student.new": 3,
        "enrolment.new": 6,
    }
    record = load(own, RosterSet(version).files())
    assert (record.state, record.over) == (ImportState.APPLIED, ())
    assert students_of(own, "cls-mat") == ["stu-000", "stu-001", "stu-002"]
    again = preview(own, RosterSet(version))
    assert again.comparison.changes == ()
    assert set(again.counts()) == {
        f"{kind}.unchanged" for kind in ("course", "teacher", "section", "student", "enrolment")
    }


def test_zip_and_spreadsheet_are_loaded(own: str) -> None:
    load(own, RosterSet().zipped())
    rows: list[list[str | int]] = [["Código", "Nombres", "Apellidos", "Sección"], ["est-9", "Luz", "Díaz", "cls-mat"]]
    load(own, {"lista.xlsx": workbook_of({"Alumnos": rows})})
    assert students_of(own, "cls-mat") == ["est-9", "stu-000", "stu-001", "stu-002"]


def test_refused_files_are_named_and_nothing_is_written(cloud: Cloud, own: str) -> None:
    made = RosterSet()
    made.row("users.csv", "stu-001")["givenName"] = ""
    before = cloud.items_of(own)
    for digest in ("", "x"):
        with enter_school(own), pytest.raises(ImportRefusedError) as refused:
            services.commit_import(actor=principal(own), files=made.files(), options=OPTIONS, digest=digest)
        assert [(broken.field, broken.rule) for broken in refused.value.fields] == [
            ("users.csv:4:givenName", "required")
        ]
    assert cloud.items_of(own) == before


def test_nothing_ends_because_it_is_not_named(own: str) -> None:
    load(own, RosterSet(students=12).files())
    made = RosterSet(students=12)
    made.leave("stu-003")
    seen = preview(own, made)
    assert seen.comparison.changes == ()
    assert list(map(str, seen.comparison.missing)) == [
        "enrolment:cls-len/stu-003",
        "enrolment:cls-mat/stu-003",
        "student:stu-003",
    ]
    load(own, made.files(), ENDING)
    assert "stu-003" not in students_of(own, "cls-mat")
    with enter_school(own):
        assert roster.get_student("stu-003").given_name == "Alumna 3"
        places = services.list_places(actor=principal(own), student_id="stu-003")
    assert [(place.section_id, place.ends_on is not None) for place in places] == [("cls-len", True), ("cls-mat", True)]


def test_who_comes_late_or_changes_section_keeps_a_record_with_the_days(
    own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(own, RosterSet(students=12).files())
    today = clock.now()
    monkeypatch.setattr(clock, "now", lambda: today + timedelta(days=30))
    made = RosterSet(students=12)
    made.add_class("cls-mat-b", "5º B Matemática", course="crs-mat", teacher="tea-1")
    made.add_student("stu-900", "Tarde", "Llega", classes=("cls-mat",))
    row = next(
        r for r in made.rows["enrollments.csv"] if (r["userSourcedId"], r["classSourcedId"]) == ("stu-000", "cls-mat")
    )
    row["classSourcedId"] = "cls-mat-b"
    load(own, made.files())
    with enter_school(own):
        moved = services.list_places(actor=principal(own), student_id="stu-000")
        late = services.list_places(actor=principal(own), student_id="stu-900")
    first, then = today.date(), (today + timedelta(days=30)).date()
    near = {first, first - timedelta(days=1)}, {then, then - timedelta(days=1)}  # Santiago's day may be the one before
    assert [(p.section_id, p.starts_on in near[0], p.ends_on in near[1]) for p in moved if p.ends_on] == [
        ("cls-mat", True, True)
    ]
    assert [(p.section_id, p.starts_on in near[1]) for p in late] == [("cls-mat", True)]
    assert preview(own, made).comparison.changes == ()


def test_differences_add_and_end_only_what_they_say(own: str) -> None:
    load(own, RosterSet(students=12).files())
    delta = RosterSet(students=0, mode="delta")
    delta.rows |= {name: [] for name in delta.rows}
    delta.add_student("stu-900", "Tarde", "Llega", classes=("cls-mat",))
    delta.add(
        "enrollments.csv",
        sourcedId="gone",
        status="tobedeleted",
        classSourcedId="cls-mat",
        userSourcedId="stu-001",
        role="student",
    )
    load(own, delta.files())
    assert "stu-001" not in students_of(own, "cls-mat")
    assert {"stu-900", "stu-002"} <= set(students_of(own, "cls-mat"))
    assert "stu-001" in students_of(own, "cls-len")


# --- commit equals preview


def test_commit_does_what_the_preview_showed_or_nothing(own: str) -> None:
    seen = preview(own, RosterSet())
    other = RosterSet()
    other.row("users.csv", "stu-000")["familyName"] = "Otra"
    with enter_school(own), pytest.raises(PreviewOutdatedError):
        services.commit_import(actor=principal(own), files=other.files(), options=OPTIONS, digest=seen.digest)
    load(own, other.files())
    with enter_school(own), pytest.raises(PreviewOutdatedError):
        services.commit_import(actor=principal(own), files=RosterSet().files(), options=OPTIONS, digest=seen.digest)


def test_commit_goes_on_when_the_school_changed_elsewhere(own: str) -> None:
    load(own, RosterSet(students=12).files())
    made = RosterSet(students=12)
    made.row("users.csv", "stu-000")["familyName"] = "Otra"
    seen = preview(own, made)
    delta = RosterSet(students=0, mode="delta")
    delta.rows |= {name: [] for name in delta.rows}
    delta.add_student("stu-900", "Tarde", "Llega")
    load(own, delta.files())
    with enter_school(own):
        record = services.commit_import(actor=principal(own), files=made.files(), options=OPTIONS, digest=seen.digest)
    assert finish(own, record.import_id).state is ImportState.APPLIED


# --- the hold


def test_import_that_ends_more_than_the_threshold_is_held(cloud: Cloud, own: str) -> None:
    load(own, RosterSet(students=10).files())
    made = RosterSet(students=10)
    for name in ("stu-001", "stu-002"):
        made.leave(name)
    before = table_of(cloud, own)
    held = begin(own, made.files(), ENDING)
    assert (held.state, held.over) == (ImportState.HELD, ("enrolment",))
    assert finish(own, held.import_id) == held
    assert table_of(cloud, own) == before
    with enter_school(own):
        with pytest.raises(PreviewOutdatedError):
            services.approve_import(actor=principal(own, "luis"), import_id=held.import_id, digest="another")
        services.approve_import(actor=principal(own, "luis"), import_id=held.import_id, digest=held.digest)
    ended = finish(own, held.import_id)
    assert (ended.state, ended.started_by, ended.decided_by) == (ImportState.APPLIED, "admin-ana", "admin-luis")
    assert len(students_of(own, "cls-mat")) == 8
    with enter_school(own):
        actions = [e.action for e in audit.list_of_subject(f"import:{held.import_id}").items]
    assert actions == ["roster.import_approved", "roster.import_held"]


def test_threshold_is_the_schools_own(own: str) -> None:
    with enter_school(own), acting_as("worker"):
        school = replace(services.get_school(), import_hold_percent=100)
        services.import_school(actor=principal(own), school=school)
    load(own, RosterSet(students=3).files())
    made = RosterSet(students=3)
    made.leave("stu-001")
    assert begin(own, made.files(), ENDING).state is ImportState.APPLYING


def test_discarded_import_leaves_no_names_behind(cloud: Cloud, own: str) -> None:
    load(own, RosterSet(students=3).files())
    plans = len(plans_of(cloud, own))
    made = RosterSet(students=3)
    made.leave("stu-001")
    held = begin(own, made.files(), ENDING)
    assert len(plans_of(cloud, own)) > plans
    with enter_school(own):
        services.discard_import(actor=principal(own), import_id=held.import_id, reason="era otro archivo")
        for decide in (services.approve_import, services.discard_import):
            more = {"digest": held.digest} if decide is services.approve_import else {}
            with pytest.raises(ImportDecidedError):
                decide(actor=principal(own, "luis"), import_id=held.import_id, **more)
    assert len(plans_of(cloud, own)) == plans
    assert len(students_of(own, "cls-mat")) == 3


def test_approved_import_whose_school_changed_there_writes_nothing(cloud: Cloud, own: str) -> None:
    load(own, RosterSet(students=3).files())
    made = RosterSet(students=3)
    made.leave("stu-001")
    held = begin(own, made.files(), ENDING)
    other = RosterSet(students=3)
    other.row("enrollments.csv", "enr-cls-mat-stu-001-4")["beginDate"] = "2026-03-05"
    load(own, other.files())
    before = table_of(cloud, own)
    with enter_school(own):
        services.approve_import(actor=principal(own, "luis"), import_id=held.import_id, digest=held.digest)
    assert finish(own, held.import_id).state is ImportState.OUTDATED
    assert table_of(cloud, own) == before
    with enter_school(own):
        assert roster_imports.get_head().running == ""


# --- two administrators at once


def both(school_id: str, *calls: Any) -> list[Any]:
    """What each of the calls gives or raises, begun at the same moment."""
    results: list[Any] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(at: int) -> None:
        with enter_school(school_id):
            gate.wait()
            try:
                results[at] = calls[at]()
            except Exception as error:  # noqa: BLE001 - judged by the test
                results[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.parametrize("attempt", range(3))
def test_of_an_approval_and_a_discard_at_once_one_counts(own: str, attempt: int) -> None:
    load(own, RosterSet(students=3).files())
    made = RosterSet(students=3)
    made.leave(f"stu-00{attempt}")
    held = begin(own, made.files(), ENDING)
    found = both(
        own,
        lambda: services.approve_import(actor=principal(own), import_id=held.import_id, digest=held.digest),
        lambda: services.discard_import(actor=principal(own, "luis"), import_id=held.import_id),
    )
    assert sum(isinstance(one, ImportDecidedError) for one in found) == 1
    ended = finish(own, held.import_id)
    discarded = not isinstance(found[1], ImportDecidedError)
    assert ended.state is (ImportState.DISCARDED if discarded else ImportState.APPLIED)
    assert len(students_of(own, "cls-mat")) == (3 if discarded else 2)


def test_of_two_approvals_at_once_one_counts(own: str) -> None:
    load(own, RosterSet(students=3).files())
    made = RosterSet(students=3)
    made.leave("stu-001")
    held = begin(own, made.files(), ENDING)
    found = both(
        own,
        *(
            lambda name=name: services.approve_import(
                actor=principal(own, name), import_id=held.import_id, digest=held.digest
            )
            for name in ("ana", "luis")
        ),
    )
    assert sum(isinstance(one, ImportDecidedError | ImportRunningError) for one in found) == 1
    assert finish(own, held.import_id).state is ImportState.APPLIED


def test_of_two_imports_at_once_one_is_written_and_the_other_told(cloud: Cloud, own: str) -> None:
    sets = [RosterSet(students=3), RosterSet(students=5)]
    digests = [preview(own, made).digest for made in sets]
    found = both(
        own,
        *(
            lambda made=made, digest=digest: services.commit_import(
                actor=principal(own), files=made.files(), options=OPTIONS, digest=digest
            )
            for made, digest in zip(sets, digests, strict=True)
        ),
    )
    [lost] = [one for one in found if isinstance(one, Exception)]
    assert isinstance(lost, ImportRunningError)
    [won] = [one for one in found if not isinstance(one, Exception)]
    finish(own, won.import_id)
    assert len(students_of(own, "cls-mat")) == (3 if found[0] is won else 5)
    assert {item["pk"]["S"].rpartition("#")[2] for item in plans_of(cloud, own)} == {won.import_id}


def test_second_import_meanwhile_waits_and_a_held_one_stands_in_nobodys_way(own: str) -> None:
    load(own, RosterSet(students=3).files())
    made = RosterSet(students=3)
    made.leave("stu-001")
    held = begin(own, made.files(), ENDING)
    running = begin(own, RosterSet(students=4).files())
    with enter_school(own), pytest.raises(ImportRunningError):
        services.approve_import(actor=principal(own), import_id=held.import_id, digest=held.digest)
    with pytest.raises(ImportRunningError):
        begin(own, RosterSet(students=5).files())
    finish(own, running.import_id)
    with enter_school(own):
        services.approve_import(actor=principal(own), import_id=held.import_id, digest=held.digest)
    assert finish(own, held.import_id).state is ImportState.APPLIED
    assert students_of(own, "cls-mat") == ["stu-000", "stu-002", "stu-003"]


# --- who may


@pytest.mark.parametrize("role", [Role.TEACHER, Role.AUDITOR, Role.STUDENT])
def test_others_may_not(own: str, role: Role) -> None:
    actor: Any = {"actor": Principal("somebody", role, own, "tea-1")}
    calls: list[Callable[[], object]] = [
        lambda: services.preview_import(**actor, files=RosterSet().files(), options=OPTIONS),
        lambda: services.commit_import(**actor, files=RosterSet().files(), options=OPTIONS, digest=""),
        lambda: services.approve_import(**actor, import_id="i", digest=""),
        lambda: services.discard_import(**actor, import_id="i"),
        lambda: services.undo_import(**actor, import_id="i", reason="x"),
        lambda: services.list_imports(**actor),
        lambda: services.list_kept(**actor, import_id="i"),
        lambda: services.list_places(**actor, student_id="s"),
    ]
    with enter_school(own):
        for call in calls:
            with pytest.raises(ForbiddenError):
                call()


def test_other_schools_import_is_not_there(own: str, other_school_id: str) -> None:
    record = load(own, RosterSet().files())
    other = make_empty_school(other_school_id)
    with enter_school(other):
        calls: list[Callable[[], object]] = [
            lambda: services.approve_import(actor=principal(other), import_id=record.import_id, digest=record.digest),
            lambda: services.undo_import(actor=principal(other), import_id=record.import_id, reason="x"),
            lambda: services.advance_import(import_id=record.import_id),
        ]
        for call in calls:
            with pytest.raises(ImportNotFoundError):
                call()
        assert services.list_imports(actor=principal(other)).items == []


def test_old_import_can_be_neither_approved_nor_undone(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load(own, RosterSet(students=3).files())
    record = load(own, RosterSet(students=4).files())
    with enter_school(own), pytest.raises(InvalidInputError):
        services.undo_import(actor=principal(own), import_id=record.import_id, reason=" ")
    later = clock.now() + roster_imports.KEPT_FOR
    monkeypatch.setattr(clock, "now", lambda: later)
    with enter_school(own), pytest.raises(ImportTooOldError):
        services.undo_import(actor=principal(own), import_id=record.import_id, reason="otro archivo")
