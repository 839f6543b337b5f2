"""Consolidated grades beside teachers who write, on the real table."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from edu.dynamo import table
from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.errors import InvalidInputError, NotFoundError
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreState
from evaluations.errors import NotAssignedError, ScaleInUseError
from evaluations.repository import consolidated, stale_marks, stored_scores
from evaluations.services.reports import consolidating, report_cards
from evaluations.services.reports.consolidated_grades import GradeLine, SectionGrades, get_section_grades
from tests.integration.evaluations.gradebook import SECTION, correct, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evaluations.domain.evaluation import Score
    from tests.support.schools import TestSchool


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


@pytest.fixture
def one_score(school: TestSchool) -> Score:
    """The first student's only score, consolidated."""
    score = record(school, set_evaluation(school), "6.0")
    consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    return score


def read(school: TestSchool, section_id: str = SECTION) -> SectionGrades:
    actor = school.person(Role.SCHOOL_ADMIN)
    return get_section_grades(actor=actor, section_id=section_id, term_id=OPEN_TERM)


def line_of(school: TestSchool, student: int = 0) -> GradeLine:
    return read(school).lines[student]


def value_of(school: TestSchool, student: int = 0) -> str | None:
    line = line_of(school, student)
    assert not line.stale
    return line.grade.value if line.grade else None


def marks() -> list[str | None]:
    return [mark.student_id for mark in stale_marks.list_stale(OPEN_TERM, SECTION)]


def test_section_is_computed_from_what_was_recorded(school: TestSchool) -> None:
    first, second = set_evaluation(school, "30"), set_evaluation(school, "20")
    for student, value in enumerate(("7.0", ScoreState.ABSENT, ScoreState.MISSING)):
        record(school, first, value, student=student)
    record(school, second, "4.5", student=0)
    record(school, second, "4.5", student=1)
    found = read(school)
    assert (found.evaluations, found.weight_total, found.stale) == (2, Decimal(50), False)
    grades = [line.grade for line in found.lines]
    assert [(g.value, g.exact, g.passing, g.complete) for g in grades if g] == [
        ("6.0", "6/1", True, True),
        ("4.5", "9/2", True, True),
        ("1.0", "1/1", False, False),
    ]
    assert marks() == []


def test_section_without_evaluations_has_empty_grades_and_stores_none(school: TestSchool) -> None:
    found = read(school)
    assert [(line.student_id, line.grade, line.stale) for line in found.lines] == [
        (student.student_id, None, False) for student in school.students
    ]
    assert found.evaluations == 0
    assert consolidated.get_section(OPEN_TERM, SECTION).grades == {}


def test_correction_shows_at_once(school: TestSchool, one_score: Score) -> None:
    assert value_of(school) == "6.0"
    correct(school, one_score, "3.0")
    assert marks() == [one_score.student_id]
    assert value_of(school) == "3.0"
    assert marks() == []


def test_voided_score_leaves_the_grade(school: TestSchool, one_score: Score) -> None:
    services.void_score(
        actor=school.teacher,
        evaluation_id=one_score.evaluation_id,
        student_id=one_score.student_id,
        version=1,
        reason="prueba anulada",
    )
    grade = line_of(school).grade
    assert grade is not None
    assert (grade.value, grade.counted, grade.complete) == (None, 0, False)


def test_new_evaluation_makes_everybodys_grade_incomplete(school: TestSchool, one_score: Score) -> None:
    assert one_score.version == 1
    set_evaluation(school)
    assert [line.grade.evaluations for line in read(school).lines if line.grade] == [2, 2, 2]


def test_changed_weight_and_deleted_evaluation_show_at_once(school: TestSchool, one_score: Score) -> None:
    other = set_evaluation(school, "10")
    record(school, other, "2.0")
    services.edit_evaluation(
        actor=school.teacher, evaluation_id=other, version=1, weight=Decimal(50), reason="Acordado en consejo"
    )
    assert value_of(school) == "4.0"
    unused = set_evaluation(school)
    assert read(school).evaluations == 3
    services.delete_evaluation(actor=school.teacher, evaluation_id=unused, version=1)
    assert read(school).evaluations == 2
    assert value_of(school) == "4.0"
    assert one_score.version == 1


def test_evaluation_the_index_has_not_yet_counts_all_the_same(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eventual consistency: the index lists nothing; marks and the last summary know."""
    second = set_evaluation(school)
    query_all = table.query_all
    of_the_index = f"#SECTION#{SECTION}"
    monkeypatch.setattr(
        table, "query_all", lambda query: iter(()) if query.partition.endswith(of_the_index) else query_all(query)
    )
    record(school, second, "2.0")
    assert value_of(school) == "4.0"
    consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)  # without any mark
    assert value_of(school) == "4.0"
    assert one_score.version == 1


def test_student_enrolled_later_is_computed_when_asked_for(school: TestSchool, one_score: Score) -> None:
    assert one_score.version == 1
    with acting_as("worker"):
        import_school(school.school_id, students=4)
    found = read(school)
    assert len(found.lines) == 4
    assert found.lines[3].grade is not None
    assert found.lines[3].grade.complete is False


def test_what_other_rules_computed_is_computed_anew(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = consolidated.get_section(OPEN_TERM, SECTION).grades[one_score.student_id]
    monkeypatch.setattr(consolidating, "_ALGORITHM", consolidating._ALGORITHM + 1)
    assert value_of(school) == "6.0"
    after = consolidated.get_section(OPEN_TERM, SECTION).grades[one_score.student_id]
    assert after.rules_digest != before.rules_digest


def test_another_scale_never_reads_what_is_recorded(school: TestSchool, one_score: Score) -> None:
    assert one_score.value == "6.0"
    with acting_as("worker"), pytest.raises(ScaleInUseError):
        import_school(school.school_id, scale="0-10")
    grade = line_of(school).grade
    assert grade is not None
    assert (grade.value, grade.passing) == ("6.0", True)


def test_unchanged_grade_is_not_written_again(school: TestSchool, one_score: Score) -> None:
    before = consolidated.get_section(OPEN_TERM, SECTION).grades
    result = consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    assert (result.written, result.left, result.students) == (0, 0, 3)
    assert consolidated.get_section(OPEN_TERM, SECTION).grades == before
    assert value_of(school) == "6.0"
    assert one_score.version == 1


@pytest.mark.parametrize("whole", [True, False])
def test_score_written_during_a_refresh_leaves_its_mark(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    """The write lands after the sources were read and before the grade is written."""
    score = correct(school, one_score, "5.0")
    late = _during_the_write(monkeypatch, lambda: correct(school, score, "2.0"))
    if whole:
        consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    else:
        consolidating.refresh_student(term_id=OPEN_TERM, section_id=SECTION, student_id=score.student_id)
    assert late.happened
    stored = consolidated.get_section(OPEN_TERM, SECTION).grades[score.student_id]
    assert stored.grade.value == "5.0"  # what was read
    assert marks() == [score.student_id]  # and what says that it is old
    assert value_of(school) == "2.0"


def test_slow_computation_never_overwrites_a_newer_one(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its reads and its writes, a correction happens and somebody else computes it."""
    score = correct(school, one_score, "5.0")

    def correct_and_read() -> None:
        correct(school, score, "2.0")
        assert value_of(school) == "2.0"

    late = _during_the_write(monkeypatch, correct_and_read)
    result = consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    assert late.happened
    assert result.left > 0
    assert consolidated.get_section(OPEN_TERM, SECTION).grades[score.student_id].grade.value == "2.0"
    assert value_of(school) == "2.0"


@pytest.mark.parametrize("slow_writes_first", [True, False])
@pytest.mark.parametrize("slow_is_whole", [True, False])
@pytest.mark.parametrize("graded", [True, False])
def test_evaluation_set_by_mistake_and_deleted_does_not_come_back_with_a_slow_computation(
    school: TestSchool,
    monkeypatch: pytest.MonkeyPatch,
    *,
    graded: bool,
    slow_is_whole: bool,
    slow_writes_first: bool,
) -> None:
    """Who computes after the deletion finds the grade as it was, and clears the mark all the same."""
    student_id = school.students[0].student_id
    if graded:
        record(school, set_evaluation(school), "6.0")
    consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    mistake = set_evaluation(school)

    def delete_and_compute() -> None:
        services.delete_evaluation(actor=school.teacher, evaluation_id=mistake, version=1)
        consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)

    _two_at_once(monkeypatch, delete_and_compute, slow_writes_first=slow_writes_first)
    if slow_is_whole:
        consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    else:
        consolidating.refresh_student(term_id=OPEN_TERM, section_id=SECTION, student_id=student_id)
    monkeypatch.undo()
    if not slow_writes_first:
        assert marks() == []
    found = read(school)
    assert not found.stale
    assert marks() == []
    grades = [line.grade for line in found.lines if line.grade]
    assert [grade.value for grade in grades] == (["6.0", None, None] if graded else [None] * 3)
    assert {grade.evaluations for grade in grades} == {found.evaluations} == {int(graded)}


def test_marked_grade_is_written_even_if_it_is_the_same(school: TestSchool, one_score: Score) -> None:
    before = consolidated.get_section(OPEN_TERM, SECTION).grades
    services.delete_evaluation(actor=school.teacher, evaluation_id=set_evaluation(school), version=1)
    result = consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    after = consolidated.get_section(OPEN_TERM, SECTION).grades
    assert (result.written, result.left) == (3, 0)
    assert all(after[name].same_as(grade) for name, grade in before.items())
    assert {grade.computation for grade in after.values()}.isdisjoint(grade.computation for grade in before.values())
    assert one_score.version == 1


def test_change_of_the_section_is_not_lost_to_who_computed_one_student_before_it(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole section's computation that lost one student to another must keep the section's mark."""
    score = correct(school, one_score, "5.0")
    set_evaluation(school)

    def another_computes_the_student() -> None:
        stored = consolidated.get_of_student([(OPEN_TERM, SECTION)], score.student_id)[OPEN_TERM, SECTION]
        transaction = Transaction()
        before = stored.grades[score.student_id]
        consolidated.put_grade(transaction, replace(before, computation="theirs"), replaces=before)
        transaction.commit()

    _during_the_write(monkeypatch, another_computes_the_student)
    consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
    assert None in marks()
    grade = line_of(school).grade
    assert grade is not None
    assert (grade.value, grade.evaluations) == ("5.0", 2)


def test_readers_and_writers_at_once_end_with_the_last_score(school: TestSchool, one_score: Score) -> None:
    values = [f"{n / 10:.1f}" for n in range(20, 60, 2)]

    def write() -> None:
        score = one_score
        for value in values:
            score = correct(school, score, value)

    def compute() -> None:
        for _ in range(10):
            read(school)

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(contextvars.copy_context().run, job) for job in (write, *[compute] * 4)]
        for job in jobs:
            job.result(timeout=300)
    assert value_of(school) == values[-1]
    assert marks() == []


@pytest.mark.parametrize(("of_a_card", "marks_reader"), [(False, "list_stale"), (True, "list_stale_of_student")])
def test_correction_that_others_have_computed_between_two_reads_shows(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch, *, of_a_card: bool, marks_reader: str
) -> None:
    """Grades read before their marks would be old, with no mark left to say so."""
    read_marks = getattr(stale_marks, marks_reader)

    def correct_and_compute(*args: object) -> object:
        monkeypatch.undo()
        correct(school, one_score, "3.0")
        consolidating.consolidate_section(term_id=OPEN_TERM, section_id=SECTION)
        return read_marks(*args)

    def lines() -> list[GradeLine]:
        if not of_a_card:
            return list(read(school).lines)
        admin = school.person(Role.SCHOOL_ADMIN)
        card = report_cards.get_report_card(actor=admin, student_id=one_score.student_id, term_id=OPEN_TERM)
        return [line.grades[0] for line in card.lines]

    lines()
    monkeypatch.setattr(stale_marks, marks_reader, correct_and_compute)
    assert "3.0" in {line.grade.value for line in lines() if line.grade}


def test_busy_table_gives_what_stands_and_says_so(
    school: TestSchool, one_score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = line_of(school)
    correct(school, one_score, "3.0")

    def busy(**_: object) -> bool:
        raise StoreUnavailableError("busy")

    monkeypatch.setattr(consolidating, "refresh_student", busy)
    found = read(school)
    assert found.stale
    assert found.lines[0] == GradeLine(one_score.student_id, before.grade, before.as_of, stale=True)
    card = report_cards.get_report_card(
        actor=school.person(Role.SCHOOL_ADMIN), student_id=one_score.student_id, term_id=OPEN_TERM
    )
    assert card.stale
    assert [line.grades[0].stale for line in card.lines] == [True, True]
    monkeypatch.undo()
    assert value_of(school) == "3.0"


def test_calls_do_not_grow_with_the_students(school: TestSchool, other_school_id: str) -> None:
    """A section of 4 and one of 40: reading, consolidating and reading one student cost the same calls."""
    counts = []
    for school_id, students in ((school.school_id, 4), (other_school_id, 40)):
        with acting_as("worker"):
            sized = import_school(school_id, students=students)
        with enter_school(school_id):
            for evaluation_id in [set_evaluation(sized), set_evaluation(sized)]:
                for student in range(students):
                    record(sized, evaluation_id, "5.0", student=student)
            read(sized, "len-5a")
            counts.append(_calls_of_each_way(sized))
    assert counts[0] == counts[1]


def _calls_of_each_way(school: TestSchool) -> dict[str, list[str]]:
    admin, student_id = school.person(Role.SCHOOL_ADMIN), school.students[0].student_id

    def card() -> object:
        return report_cards.get_report_card(actor=admin, student_id=student_id, term_id=OPEN_TERM)

    found = {}
    ways: dict[str, Callable[[], object]] = {
        "computed": lambda: read(school),
        "read": lambda: read(school),
        "card": card,
    }
    for name, way in ways.items():
        with counted_calls() as calls:
            way()
        found[name] = calls
    assert found["read"] == ["Query", "Query", "Query"]
    assert len(found["card"]) == 7
    return found


def test_another_schools_grades_are_not_found(school: TestSchool, other_school: TestSchool, one_score: Score) -> None:
    """Same section, term and student ids; only the school differs."""
    assert one_score.value == "6.0"
    with enter_school(other_school.school_id):
        assert [line.grade for line in read(other_school).lines] == [None] * 3
        assert marks() == []
        assert stored_scores.list_places_of_student(one_score.student_id) == set()
        card = report_cards.get_report_card(
            actor=other_school.person(Role.SCHOOL_ADMIN), student_id=one_score.student_id, term_id=OPEN_TERM
        )
        assert [line.grades[0].grade for line in card.lines] == [None, None]
        assert school.school_id not in {*card.student.family_name.split(), *card.school.name.split()}
    assert stored_scores.list_places_of_student(one_score.student_id) == {(OPEN_TERM, SECTION)}


def test_who_may_read_a_section(school: TestSchool, one_score: Score) -> None:
    assert one_score.version == 1
    found = get_section_grades(actor=school.teacher, section_id=SECTION, term_id=OPEN_TERM)
    assert found == read(school)
    for actor in (school.colleague, school.person(Role.AUDITOR), school.person(Role.STUDENT, one_score.student_id)):
        with pytest.raises(NotAssignedError):
            get_section_grades(actor=actor, section_id=SECTION, term_id=OPEN_TERM)
    with pytest.raises(NotFoundError):
        get_section_grades(actor=school.teacher, section_id="nowhere", term_id=OPEN_TERM)
    with pytest.raises(InvalidInputError):
        get_section_grades(actor=school.teacher, section_id=SECTION, term_id="never")


def test_year_is_made_of_the_terms(school: TestSchool, one_score: Score) -> None:
    card = report_cards.get_report_card(actor=school.person(Role.SCHOOL_ADMIN), student_id=one_score.student_id)
    assert [term.term_id for term in card.terms] == [CLOSED_TERM, OPEN_TERM]
    (row,) = [line for line in card.lines if line.section.section_id == SECTION]
    assert row.year is not None
    assert (row.year.value, row.year.complete) == ("6.0", False)
    assert card.year is not None
    assert card.year.value == "6.0"


class _Late:
    """Something that happens once, between a computation's reads and its writes."""

    happened = False


def _during_the_write(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object]) -> _Late:
    late, write = _Late(), consolidating._write

    def write_late(*args: object, **kwargs: object) -> set[str]:
        if not late.happened:
            late.happened = True
            happen()
        return write(*args, **kwargs)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(consolidating, "_write", write_late)
    return late


def _two_at_once(monkeypatch: pytest.MonkeyPatch, compute: Callable[[], object], *, slow_writes_first: bool) -> None:
    """Let ``compute`` read after the next computation has read; then both write, in the order given."""
    write = consolidating._write
    waiting: list[Callable[[], set[str]]] = []
    outcomes: list[set[str]] = []

    def in_order(*args: object, **kwargs: object) -> set[str]:
        def now() -> set[str]:
            return write(*args, **kwargs)  # type: ignore[arg-type]  # what it was called with

        waiting.append(now)
        if len(waiting) > 1:  # the faster one: it has read
            if slow_writes_first:
                outcomes.append(waiting[0]())
            return now()
        compute()
        return outcomes[0] if outcomes else now()

    monkeypatch.setattr(consolidating, "_write", in_order)
