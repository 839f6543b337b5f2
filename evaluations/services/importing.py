"""Bringing a school in: its people, and evaluations with scores it already has (from another system, or made up)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from django.core.cache import caches

from edu import audit
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import MAX_ACTIONS, Transaction
from edu.errors import ConflictError
from edu.schools import RegisteredSchool, register_school
from edu.tenancy import enter_school
from evaluations.repository import heads, roster, terms
from evaluations.repository.terms import Profile
from evaluations.services import changes
from evaluations.services.changes import ACTIONS_PER_SCORE, EvaluationChange, ScoreChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.identity.principal import Principal
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher

_SCORES_PER_TRANSACTION = (MAX_ACTIONS - 1) // ACTIONS_PER_SCORE
_ATTEMPTS = 5


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

    Enters the school's scope by itself. A school is listed only when all its items stand. A term that the school has
    already stays open or closed as it is: only ``close_term`` and ``reopen_term`` change that.

    Raises:
        StoreUnavailableError: the table is throttled; run it again.
        ConflictError: others kept changing the school's record; run it again.
    """
    with enter_school(school.school_id):
        roster.put_roster(
            courses=courses,
            teachers=teachers,
            sections=sections,
            students=students,
            enrolments=enrolments,
        )
        _put_profile(school)
    caches["rules"].clear()
    register_school(RegisteredSchool(school.school_id, school.country, school.time_zone))


def import_evaluation(*, actor: Principal, evaluation: Evaluation, scores: Iterable[Score]) -> int:
    """Write an evaluation with its scores as they are: ids, instants and all. Returns how many scores were new.

    Each write carries its audit entry and its mark for the government, as if recorded one by one. Idempotent: what is
    there already stays as it is.

    Raises:
        ConflictError: the evaluation was deleted here, or is of another kind.
        StoreUnavailableError: the table is throttled; run it again.
    """
    _add_if_new(evaluation, actor)
    remaining, written = iter(scores), 0
    while chunk := list(islice(remaining, _SCORES_PER_TRANSACTION)):
        written += _write_scores(evaluation, chunk, actor)
    return written


def _put_profile(school: School) -> None:
    for _ in range(_ATTEMPTS):
        before = terms.find_profile()
        after = _with_standing_terms(school, before.school) if before else school
        if before and after == before.school:
            return
        profile = Profile(after, before.rules_version + 1 if before else 1, audit.new_salt())
        transaction = Transaction()
        terms.put_profile(transaction, profile, before)
        try:
            transaction.commit()
        except ConditionFailedError:
            continue  # another change of the record came first
        return
    raise ConflictError


def _with_standing_terms(school: School, standing: School) -> School:
    closed = {term.term_id: term.closed for term in standing.terms}
    merged = (replace(term, closed=closed.get(term.term_id, term.closed)) for term in school.terms)
    return replace(school, terms=tuple(merged))


def _add_if_new(evaluation: Evaluation, actor: Principal) -> None:
    transaction = Transaction()
    changes.add_evaluation_change(transaction, EvaluationChange(evaluation, "imported"), actor)
    try:
        transaction.commit()
    except ConditionFailedError:
        return  # it stands already: importing twice is importing once


def _write_scores(evaluation: Evaluation, scores: list[Score], actor: Principal) -> int:
    transaction = Transaction()
    standing = heads.mark_scored(transaction, evaluation)
    positions = {changes.add_change(transaction, ScoreChange(score, "imported"), actor): score for score in scores}
    try:
        transaction.commit()
    except ConditionFailedError as error:
        if standing in error.failed:
            raise ConflictError from error
        new = [score for position, score in positions.items() if position not in error.failed]
        return _write_scores(evaluation, new, actor) if new else 0
    return len(scores)
