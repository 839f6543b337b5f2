"""Comparing what we hold with what the government holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from govsync.domain.grades import SubmittedGrade
from govsync.domain.reconciliation import Bookkeeping, Difference, DifferenceKind, agreed, compare
from tests.unit.govsync.domain.test_batches import grades, some_grades

GRADE = SubmittedGrade("eva-1", "stu-1", 2, "mat-5", "recorded", "5.5")
NOTHING = Bookkeeping()
unique_grades = some_grades.map(lambda found: list({(g.evaluation_id, g.student_id): g for g in found}.values()))


def kinds(
    ours: list[SubmittedGrade], theirs: list[SubmittedGrade], noted: Bookkeeping = NOTHING
) -> list[DifferenceKind]:
    return [difference.kind for difference in compare(ours, theirs, noted)]


@given(unique_grades)
def test_equal_sets_do_not_differ_whatever_their_order(found: list[SubmittedGrade]) -> None:
    assert compare(found, found[::-1], NOTHING) == []


@given(unique_grades, grades)
def test_each_grade_they_lack_is_named(found: list[SubmittedGrade], extra: SubmittedGrade) -> None:
    differences = compare(found, found[1:], NOTHING)
    assert [(d.evaluation_id, d.student_id) for d in differences] == [(found[0].evaluation_id, found[0].student_id)]
    assert differences[0].kind is DifferenceKind.MISSING
    assert len(compare([], [extra], NOTHING)) == 1


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        ([], DifferenceKind.MISSING),
        ([replace(GRADE, version=1)], DifferenceKind.OTHER_VERSION),
        ([replace(GRADE, version=3)], DifferenceKind.OTHER_VERSION),
        ([replace(GRADE, value="5.4")], DifferenceKind.OTHER_CONTENT),
        ([replace(GRADE, state="absent", value=None)], DifferenceKind.OTHER_CONTENT),
        ([replace(GRADE, course_id="len-5")], DifferenceKind.OTHER_CONTENT),
    ],
)
def test_difference_in_a_grade_is_named(theirs: list[SubmittedGrade], kind: DifferenceKind) -> None:
    assert kinds([GRADE], theirs) == [kind]


def test_grade_only_they_hold_is_unexpected() -> None:
    (difference,) = compare([], [GRADE], NOTHING)
    assert difference == Difference("eva-1", "stu-1", DifferenceKind.UNEXPECTED, None, 2)


def test_rejected_grade_is_named_with_its_reason() -> None:
    (difference,) = compare([GRADE], [], Bookkeeping({GRADE.key: "unknown_student"}, frozenset()))
    assert (difference.kind, difference.reason) == (DifferenceKind.REJECTED, "unknown_student")


def test_rejecting_one_version_excuses_no_other() -> None:
    older = replace(GRADE, version=1)
    assert kinds([GRADE], [], Bookkeeping({older.key: "unknown_student"}, frozenset({older.key}))) == [
        DifferenceKind.MISSING
    ]


def test_pending_grade_is_named_as_pending() -> None:
    assert kinds([GRADE], [], Bookkeeping({}, frozenset({GRADE.key}))) == [DifferenceKind.PENDING]


def test_pending_grade_is_named_whatever_they_hold() -> None:
    """It was corrected after ours had been read: they hold the version we read, and owe us the next one."""
    newer = replace(GRADE, version=3)
    (difference,) = compare([GRADE], [GRADE], Bookkeeping(pending=frozenset({newer.key})))
    assert (difference.kind, difference.our_version, difference.their_version) == (DifferenceKind.PENDING, 3, 2)
    assert kinds([], [], Bookkeeping(pending=frozenset({GRADE.key}))) == [DifferenceKind.PENDING]


def test_rejected_grade_is_named_whatever_they_hold() -> None:
    noted = Bookkeeping({GRADE.key: "http_422"}, frozenset({GRADE.key}))
    assert kinds([GRADE], [GRADE], noted) == [DifferenceKind.REJECTED]


@pytest.mark.parametrize("theirs", [[], [GRADE]])
def test_acknowledged_grade_that_is_not_ours_any_more_is_named(theirs: list[SubmittedGrade]) -> None:
    noted = Bookkeeping(acknowledged=frozenset({GRADE.key}))
    assert kinds([], theirs, noted) == [DifferenceKind.GONE]
    assert kinds([replace(GRADE, version=1)], theirs, noted) == [DifferenceKind.GONE]


def test_acknowledged_grade_may_have_been_corrected_or_voided_since() -> None:
    noted = Bookkeeping(acknowledged=frozenset({GRADE.key, replace(GRADE, version=1).key}))
    for since in (GRADE, replace(GRADE, version=3), replace(GRADE, version=3, state="void", value=None)):
        assert kinds([since], [since], noted) == []


@pytest.mark.parametrize("other", [GRADE, replace(GRADE, version=3)])
def test_grade_that_is_there_twice_is_neither_compared_nor_certified(other: SubmittedGrade) -> None:
    twice = [GRADE, replace(other)]
    with pytest.raises(ValueError, match="twice"):
        compare(twice, [GRADE], NOTHING)
    with pytest.raises(ValueError, match="twice"):
        agreed(twice, [])


def test_agreed_leaves_out_what_differs() -> None:
    other = replace(GRADE, student_id="stu-2")
    assert agreed([other, GRADE], compare([other, GRADE], [other], NOTHING)) == [other]
