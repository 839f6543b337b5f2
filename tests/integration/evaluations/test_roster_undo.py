"""Undoing an import puts back what stood, keeps what was edited or used since, and names it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.roster_imports import ImportState
from evaluations.errors import ImportDecidedError
from evaluations.repository import roster, roster_records
from tests.integration.evaluations.rosters import begin, finish, load, principal, students_of, table_of
from tests.support.roster_sets import RosterSet
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

ENDING = services.ImportOptions(end_missing=True)


def undo(school_id: str, import_id: str) -> list[str]:
    """Undo an import; what that left."""
    actor = principal(school_id)
    with enter_school(school_id):
        services.undo_import(actor=actor, import_id=import_id, reason="era otro archivo")
    ended = finish(school_id, import_id)
    with enter_school(school_id):
        kept = services.list_kept(actor=actor, import_id=import_id)
    assert (ended.state, ended.kept) == (ImportState.UNDONE, len(kept))
    return sorted(kept)


def grade(school_id: str, section_id: str, student_id: str | None) -> None:
    """An evaluation in the section, and a student's score in it."""
    with enter_school(school_id):
        actor = Principal("docente", Role.TEACHER, school_id, "tea-1")
        term = next(term for term in services.list_terms() if term.term_id == OPEN_TERM)
        set_ = services.create_evaluation(
            actor=actor,
            section_id=section_id,
            term_id=OPEN_TERM,
            kind=EvaluationKind.EXAM,
            title="Prueba",
            weight=Decimal(50),
            held_on=term.starts_on,
        )
        if student_id:
            services.record_score(
                actor=actor,
                evaluation_id=set_.evaluation_id,
                student_id=student_id,
                state=ScoreState.RECORDED,
                value="6.0",
            )


def test_undone_import_leaves_the_table_as_it_was(cloud: Cloud, own: str) -> None:
    first = load(own, RosterSet(students=12).files())
    before = table_of(cloud, own)
    made = RosterSet(students=12)
    made.leave("stu-003")
    made.row("users.csv", "stu-004")["familyName"] = "Otra"
    made.add_class("cls-mat-b", "5º B", course="crs-mat", teacher="tea-1")
    made.add_student("stu-900", "Nueva", "Prueba", classes=("cls-mat-b", "cls-len"))
    second = load(own, made.files(), ENDING)
    assert table_of(cloud, own) != before
    assert undo(own, second.import_id) == []
    assert table_of(cloud, own) == before
    assert undo(own, first.import_id) == []
    assert table_of(cloud, own) == {}
    with enter_school(own), pytest.raises(ImportDecidedError):
        services.undo_import(actor=principal(own), import_id=first.import_id, reason="otra vez")


def test_what_was_edited_since_is_kept_and_named(own: str) -> None:
    first = load(own, RosterSet(students=12).files())
    made = RosterSet(students=12)
    made.row("users.csv", "stu-004")["familyName"] = "Corregida"
    row = next(
        r for r in made.rows["enrollments.csv"] if (r["userSourcedId"], r["classSourcedId"]) == ("stu-005", "cls-len")
    )
    row |= {"beginDate": "2026-03-02", "endDate": "2026-04-02"}
    load(own, made.files())
    assert undo(own, first.import_id) == [
        "course:crs-len",
        "enrolment:cls-len/stu-005",
        "section:cls-len",
        "student:stu-004",
        "student:stu-005",
        "teacher:tea-1",
    ]
    with enter_school(own):
        assert roster.get_student("stu-004").family_name == "Corregida"
    assert students_of(own, "cls-mat") == []


def test_what_was_used_since_is_kept_and_named_with_all_it_stands_on(own: str) -> None:
    load(own, RosterSet(students=2).files())
    made = RosterSet(students=2)
    made.add("courses.csv", sourcedId="crs-his", title="Historia", grades="05")
    made.add_user("tea-2", "Eva", "Paz", role="teacher")
    made.add_class("cls-his", "5º A Historia", course="crs-his", teacher="tea-1")
    made.add_class("cls-art", "5º A Arte", course="crs-his", teacher="tea-2")
    for name in ("stu-900", "stu-901"):
        made.add_student(name, "Nueva", "Prueba", classes=("cls-his",))
    second = load(own, made.files())
    grade(own, "cls-his", "stu-900")
    assert undo(own, second.import_id) == [
        "course:crs-his",
        "enrolment:cls-his/stu-900",
        "section:cls-his",
        "student:stu-900",
    ]
    assert students_of(own, "cls-his") == ["stu-900"]


def test_who_came_back_since_is_kept(own: str) -> None:
    load(own, RosterSet(students=12).files())
    made = RosterSet(students=12)
    made.leave("stu-003")
    second = load(own, made.files(), ENDING)
    load(own, RosterSet(students=12).files())
    assert undo(own, second.import_id) == ["enrolment:cls-len/stu-003", "enrolment:cls-mat/stu-003"]
    assert "stu-003" in students_of(own, "cls-mat")


def test_worker_that_was_stopped_while_the_import_was_written_and_undone_writes_nothing_more(
    cloud: Cloud, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has put its part together; others end the import and undo it before the part is sent."""
    load(own, RosterSet(students=3).files())
    before, add_change = table_of(cloud, own), roster_records.add_change
    made = RosterSet(students=3)
    made.add_student("stu-900", "Nueva", "Prueba", classes=("cls-len",))
    begun, stopped = begin(own, made.files()), list[str]()

    def interrupted(*arguments: Any) -> None:
        add_change(*arguments)
        if not stopped:
            stopped.append(own)
            finish(own, begun.import_id)
            undo(own, begun.import_id)

    monkeypatch.setattr(roster_records, "add_change", interrupted)
    assert begun.is_running
    assert finish(own, begun.import_id).state is ImportState.UNDONE
    assert stopped
    assert table_of(cloud, own) == before
