"""What people said of a section's other teachers outlives imports of its record, and their undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.roster import Entity
from evaluations.domain.roster_imports import ImportState
from evaluations.domain.teaching import Capacity
from evaluations.repository import roster, roster_records
from tests.integration.evaluations.rosters import begin, finish, load, principal, table_of
from tests.support.roster_sets import RosterSet

if TYPE_CHECKING:
    import pytest

    from evaluations.domain.school import Section
    from tests.support.cloud import Cloud


def two_teachers(*, title: str = "5º A Matemática", teacher: str = "tea-1") -> RosterSet:
    """A set with a teacher to spare."""
    made = RosterSet(students=4)
    made.add_user("tea-2", "Rosa", "Soto", role="teacher")
    made.row("classes.csv", "cls-mat")["title"] = title
    made.row("enrollments.csv", "enr-cls-mat-tea-1")["userSourcedId"] = teacher
    return made


def share(school_id: str, *, version: int = 1, teacher_id: str = "tea-2") -> None:
    with enter_school(school_id):
        services.assign_teacher(
            actor=principal(school_id),
            section_id="cls-mat",
            version=version,
            teacher_id=teacher_id,
            capacity=Capacity.CO_TEACHER,
        )


def section_of(school_id: str) -> Section:
    with enter_school(school_id):
        return roster.get_section("cls-mat")


def test_import_that_changes_a_section_keeps_its_other_teachers(own: str) -> None:
    load(own, two_teachers().files())
    share(own)
    before = section_of(own)
    load(own, two_teachers(title="5º A Álgebra").files())
    after = section_of(own)
    assert (after.name, after.others, after.teachers_version) == ("5º A Álgebra", before.others, 1)


def test_section_with_other_teachers_is_as_it_was_to_an_import_that_says_nothing_new(own: str) -> None:
    load(own, two_teachers().files())
    share(own)
    with enter_school(own):
        preview = services.preview_import(
            actor=principal(own), files=two_teachers().files(), options=services.ImportOptions()
        )
    assert preview.comparison.changes == ()


def test_teacher_assigned_between_preview_and_writing_is_kept(own: str) -> None:
    load(own, two_teachers().files())
    record = begin(own, two_teachers(title="5º A Álgebra").files())
    if not record.is_running:
        with enter_school(own):
            services.approve_import(actor=principal(own), import_id=record.import_id, digest=record.digest)
    share(own)
    assert finish(own, record.import_id).state is ImportState.APPLIED
    after = section_of(own)
    assert (after.name, len(after.others or ())) == ("5º A Álgebra", 1)


def test_co_teacher_whom_an_import_makes_the_sections_teacher_is_that(own: str) -> None:
    load(own, two_teachers().files())
    share(own)
    load(own, two_teachers(teacher="tea-2").files())
    with enter_school(own):
        after = roster.get_section("cls-mat")
        assert after.capacity_of("tea-2", services.list_terms()[0].starts_on) is Capacity.TEACHER
    assert len(after.others or ()) == 1


def test_undone_import_puts_the_section_back_and_keeps_its_other_teachers(cloud: Cloud, own: str) -> None:
    load(own, two_teachers().files())
    table = table_of(cloud, own)
    changed = load(own, two_teachers(title="5º A Álgebra").files())
    share(own)
    with enter_school(own):
        services.undo_import(actor=principal(own), import_id=changed.import_id, reason="otro archivo")
    assert finish(own, changed.import_id).kept == 0
    after = section_of(own)
    assert (after.name, len(after.others or ())) == ("5º A Matemática", 1)
    assert set(table_of(cloud, own)) == set(table)


def test_undoing_leaves_a_section_that_somebody_shares_and_who_shares_it(own: str) -> None:
    first = load(own, two_teachers().files())
    share(own)
    with enter_school(own):
        services.undo_import(actor=principal(own), import_id=first.import_id, reason="otro archivo")
    finish(own, first.import_id)
    with enter_school(own):
        kept = services.list_kept(actor=principal(own), import_id=first.import_id)
    assert {"section:cls-mat", "teacher:tea-2"} <= set(kept)
    assert section_of(own).others


def test_teacher_who_is_assigned_while_their_import_is_undone_stays(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The undoing has seen that nobody needs the teacher; then somebody does."""
    load(own, RosterSet(students=4).files())
    imported, add_undoing = load(own, two_teachers().files()), roster_records.add_undoing
    shared = list[str]()

    def interrupted(transaction: Any, change: Any, import_id: str) -> None:
        if change.name.entity is Entity.TEACHER and not shared:
            shared.append(own)
            share(own)
        add_undoing(transaction, change, import_id)

    monkeypatch.setattr(roster_records, "add_undoing", interrupted)
    with enter_school(own):
        services.undo_import(actor=principal(own), import_id=imported.import_id, reason="era otro archivo")
    assert finish(own, imported.import_id).kept == 1
    assert shared
    with enter_school(own):
        assert [one.teacher_id for one in roster.get_teachers(["tea-2"])] == ["tea-2"]


def test_changes_are_undone_one_after_the_other(own: str) -> None:
    load(own, two_teachers().files())
    seen = section_of(own)
    imports = [load(own, two_teachers(title=title).files()) for title in ("5º A Álgebra", "5º A Geometría")]
    for one in reversed(imports):
        with enter_school(own):
            services.undo_import(actor=principal(own), import_id=one.import_id, reason="otro archivo")
        assert finish(own, one.import_id).kept == 0
    assert section_of(own) == seen
