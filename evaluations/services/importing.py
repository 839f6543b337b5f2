"""Bringing a school in: its people, and evaluations with scores it already has (from another system, or made up)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.core.cache import caches

from edu import audit
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import MAX_ACTIONS, Transaction
from edu.schools import RegisteredSchool, register_school
from edu.tenancy import enter_school
from evaluations.repository import grades, roster
from evaluations.services import trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edu.identity.principal import Principal
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher

_ACTIONS_PER_SCORE = 3
_SCORES_PER_TRANSACTION = MAX_ACTIONS // _ACTIONS_PER_SCORE


def import_roster(
    *,
    school: School,
    courses: Iterable[Course],
    teachers: Iterable[Teacher],
    sections: Iterable[Section],
    students: Iterable[Student],
    enrolments: Iterable[Enrolment],
) -> None:
    """Write a school with its people and, last, put it on the platform's list. Idempotent by ids.

    Enters the school's scope by itself. A school is listed only when all its items stand.

    Raises:
        StoreUnavailableError: the table is throttled; run it again.
    """
    with enter_school(school.school_id):
        roster.put_roster(
            school=school,
            courses=courses,
            teachers=teachers,
            sections=sections,
            students=students,
            enrolments=enrolments,
        )
    caches["rules"].clear()
    register_school(RegisteredSchool(school.school_id, school.country, school.time_zone))


def import_evaluation(*, actor: Principal, evaluation: Evaluation, scores: Iterable[Score]) -> int:
    """Write an evaluation with its scores as they are: ids, instants and all. Returns how many scores were new.

    Each write carries its audit entry and its mark for the government, as if recorded one by one. Idempotent: what is
    there already stays as it is.

    Raises:
        StoreUnavailableError: the table is throttled; run it again.
    """
    _add_if_new(evaluation, actor)
    remaining, written = iter(scores), 0
    while chunk := list(islice(remaining, _SCORES_PER_TRANSACTION)):
        written += _write_scores(chunk, actor)
    return written


def _add_if_new(evaluation: Evaluation, actor: Principal) -> None:
    transaction, salt = Transaction(), audit.new_salt()
    grades.add_evaluation(transaction, evaluation, salt)
    trail.add_new(transaction, actor=actor, verb="imported", record=evaluation, salt=salt)
    try:
        transaction.commit()
    except ConditionFailedError:
        return  # it stands already: importing twice is importing once


def _write_scores(scores: list[Score], actor: Principal) -> int:
    transaction = Transaction()
    positions = dict(_add_scores(transaction, scores, actor))
    try:
        transaction.commit()
    except ConditionFailedError as error:
        new = [score for position, score in positions.items() if position not in error.failed]
        return _write_scores(new, actor) if new else 0
    return len(scores)


def _add_scores(transaction: Transaction, scores: list[Score], actor: Principal) -> Iterator[tuple[int, Score]]:
    for score in scores:
        salt = audit.new_salt()
        yield grades.add_score(transaction, score, salt), score
        grades.add_pending(transaction, score)
        trail.add_new(transaction, actor=actor, verb="imported", record=score, salt=salt)
