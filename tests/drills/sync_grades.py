"""What the sync drill sends: schools with a term's grades, and what the government's list will say of some of them."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo import table
from edu.dynamo.transactions import Transaction
from edu.tenancy import enter_school
from evaluations.domain.evaluation import ScoreState
from evaluations.repository.pending_scores import add_pending
from evaluations.repository.stored_scores import score_item
from govsync.domain.reconciliation import DifferenceKind
from tests.support.schools import OPEN_TERM, import_school, set_exam

if TYPE_CHECKING:
    from evaluations.domain.evaluation import Evaluation, Score
    from tests.support.schools import TestSchool

GradeName = tuple[str, str]
Differences = frozenset[tuple[str, str, DifferenceKind]]

EVALUATIONS = 4
_LOT = 90
# Fewer than are asked for: with the second entries it is no more than the contract allows.
_PAGE_GRADES = 400
# What the list says of one student of a school with planted differences; the schools have them in turn.
_LISTED: Mapping[DifferenceKind, tuple[str, Mapping[str, Any]]] = {
    DifferenceKind.MISSING: ("hide", {}),
    DifferenceKind.OTHER_CONTENT: ("differ", {"value": "1.1"}),
    DifferenceKind.OTHER_VERSION: ("differ", {"version": 99}),
    DifferenceKind.DUPLICATE: ("also", {}),
}


@dataclass(frozen=True)
class DrillSchool:
    """A school, its grades by evaluation and student, and the differences that every comparison must find."""

    school_id: str
    students: tuple[str, ...]
    grades: frozenset[GradeName]
    planted: Mapping[str, DifferenceKind] = field(default_factory=dict)

    @property
    def differences(self) -> Differences:
        """The planted differences, grade by grade."""
        of = self.planted
        return frozenset((name, student, of[student]) for name, student in self.grades if student in of)


def seed_schools(tag: str, *, schools: int, students: int, differing: int) -> list[DrillSchool]:
    """Schools with ``EVALUATIONS`` grades a student, ``differing`` of them with a planted difference.

    ``tag`` is in every id of a student and school, so that one knows whose anything is.
    """
    kinds = list(_LISTED)
    return [
        seed_school(f"escuela-{tag}-{n:02}", students, {0: kinds[n % len(kinds)]} if n < differing else {})
        for n in range(schools)
    ]


def seed_school(
    school_id: str, students: int, planted: Mapping[int, DifferenceKind] | None = None, *, exams: int = EVALUATIONS
) -> DrillSchool:
    """One school; ``planted``: a student's number -> how the list differs in that student's grades."""
    names = tuple(f"est-{school_id.removeprefix('escuela-')}-{n:03}" for n in range(students))
    school = import_school(school_id, students=1)
    grades: set[GradeName] = set()
    with enter_school(school_id):
        for number in range(exams):
            evaluation = _set_exam(school, number)
            _record(evaluation, names)
            grades |= {(evaluation.evaluation_id, student) for student in names}
    return DrillSchool(school_id, names, frozenset(grades), {names[n]: kind for n, kind in (planted or {}).items()})


def listing_of(schools: list[DrillSchool]) -> dict[str, Any]:
    """The simulator's switch that makes the planted differences."""
    listing: dict[str, Any] = {"hide": [], "differ": {}, "also": {}, "page_grades": _PAGE_GRADES}
    for student, kind in [found for school in schools for found in school.planted.items()]:
        switch, fields = _LISTED[kind]
        if switch == "hide":
            listing[switch].append(student)
        else:
            listing[switch][student] = fields
    return listing


def _set_exam(school: TestSchool, number: int) -> Evaluation:
    starts_on = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    return set_exam(school, title=f"Prueba {number + 1}", weight=Decimal(25), held_on=starts_on)


def _record(evaluation: Evaluation, students: tuple[str, ...]) -> None:
    """Scores and their marks as recording them leaves them, without versions and audit trail."""
    at = clock.now()
    scores = [
        evaluation.first_score(
            student, state=ScoreState.RECORDED, value=f"{2 + n % 5}.{n % 10}", late=False, by="teacher-1", at=at
        )
        for n, student in enumerate(students)
    ]
    table.write_batch(table.BatchWrite(puts=[score_item(score, secrets.token_hex(16)) for score in scores]))
    for start in range(0, len(scores), _LOT):
        _mark(scores[start : start + _LOT])


def _mark(scores: list[Score]) -> None:
    transaction = Transaction()
    for score in scores:
        add_pending(transaction, score)
    transaction.commit()


def new_tag() -> str:
    """What tells this drill's ids from any other's."""
    return uuid.uuid4().hex[:6]


def owners_in(text: str, tag: str, owners: Mapping[str, str]) -> set[str]:
    """The schools whose students, evaluations or own ids stand in the text. ``owners``: evaluation -> school."""
    by_name = {f"escuela-{found}" for found in re.findall(rf"(?:est|escuela)-({tag}-[a-z0-9]+)", text)}
    return by_name | {owners[found] for found in re.findall(r"\b[0-9a-f]{32}\b", text) if found in owners}
