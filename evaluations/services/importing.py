"""Bringing a school in: its people, and evaluations with scores it already has (from another system, or made up)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.utils.translation import gettext as _

from edu import audit
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import MAX_ACTIONS, Transaction
from edu.errors import ConflictError, FieldError, InvalidInputError
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
    from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term

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
    already stays open or closed as it is: only ``close_term`` and ``reopen_term`` change that. One that is not given
    stays as it is altogether: no import takes a term away.

    Raises:
        InvalidInputError: a given term overlaps one that the school has and the import does not give. Nothing was
            written.
        StoreUnavailableError: the table is throttled; run it again.
        ConflictError: others kept changing the school's record; run it again.
    """
    with enter_school(school.school_id):
        _put_profile(school)
        roster.put_roster(
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
        ConflictError: the evaluation was deleted here, or is of another kind.
        StoreUnavailableError: the table is throttled; run it again.
    """
    _add_if_new(evaluation, actor)
    remaining, written = iter(scores), 0
    while chunk := list(islice(remaining, _SCORES_PER_TRANSACTION)):
        written += _write_scores(evaluation, chunk, actor)
    return written


def _put_profile(school: School) -> None:
    for _attempt in range(_ATTEMPTS):
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
    """The school with the terms it has: given ones stay open or closed, and the others stay as they are."""
    closed = {term.term_id: term.closed for term in standing.terms}
    given = [replace(term, closed=closed.get(term.term_id, term.closed)) for term in school.terms]
    kept = [term for term in standing.terms if term.term_id not in {term.term_id for term in given}]
    merged = sorted([*given, *kept], key=lambda term: term.starts_on)
    for earlier, later in pairwise(merged):
        if later.starts_on <= earlier.ends_on:
            raise _overlapping(*((earlier, later) if later in kept else (later, earlier)))
    return replace(school, terms=tuple(merged))


def _overlapping(given: Term, kept: Term) -> InvalidInputError:
    named = {"given": given.term_id, "kept": kept.term_id}
    message = _("The term %(given)s overlaps %(kept)s, which the school has already") % named
    return InvalidInputError(message, fields=[FieldError("terms", "overlap", message)])


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
