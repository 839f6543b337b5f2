"""Bringing a school's own record in: how it grades, and its terms."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from edu import audit, clock
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError, FieldError, InvalidInputError
from evaluations.domain.grading_policy import PLAIN
from evaluations.errors import ClosedTermPolicyError, ScaleInUseError
from evaluations.repository import pending_scores, roster, school_profile, stored_evaluations, term_locks
from evaluations.repository.school_profile import SchoolProfile
from evaluations.services.school import audit_trail, school_cache

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from evaluations.domain.school import School, Term

_ATTEMPTS = 5


class _RulesChangedError(ConflictError):
    """Another change of the school's record, or a term's first evaluation, came first."""


def import_record(*, actor: Principal, school: School) -> None:
    """Write the own record of the school in scope. Idempotent.

    A term that the school has already stays open or closed as it is: only ``close_term`` and ``reopen_term`` change
    that. One that is not given stays as it is altogether, on its scale and policy: no import takes a term away. A
    change is in the audit trail, in ``actor``'s name. Where the policy of a term changes, its grades are computed anew
    by the next reader, or at night.

    Raises:
        InvalidInputError: a given term overlaps one that the school has and the import does not give. Nothing was
            written.
        ScaleInUseError: the grading scale (any part of it) of a term would change in which something is recorded, or
            which is closed or over. Nothing was written.
        ClosedTermPolicyError: the policy of a closed term would change. Nothing was written.
        ConflictError: others kept changing the school's record; run it again.
    """
    for _attempt in range(_ATTEMPTS):
        before = school_profile.find_profile()
        after = _with_standing_terms(school, before.school) if before else school
        if before and after == before.school:
            return
        transaction = Transaction()
        if before:
            _require_scales_of_used_terms(transaction, before.school, after)
            _require_policies_of_closed_terms(before.school, after)
        profile = SchoolProfile(after, before.rules_version + 1 if before else 1, audit.new_salt())
        school_profile.put_profile(transaction, profile, before, otherwise=_RulesChangedError)
        audit_trail.add_import(transaction, actor=actor, before=before, after=profile)
        try:
            transaction.commit()
        except _RulesChangedError:
            continue
        school_cache.forget_school()
        return
    raise ConflictError


def _with_standing_terms(school: School, standing: School) -> School:
    """The school with the terms it has: given ones stay open or closed, and the others stay as they are."""
    closed = {term.term_id: term.closed for term in standing.terms}
    given = [replace(term, closed=closed.get(term.term_id, term.closed)) for term in school.terms]
    named = {term.term_id for term in given}
    kept = [_by_its_rules(term, standing, school) for term in standing.terms if term.term_id not in named]
    merged = sorted([*given, *kept], key=lambda term: term.starts_on)
    for earlier, later in pairwise(merged):
        if later.starts_on <= earlier.ends_on:
            raise _overlapping(*((earlier, later) if later in kept else (later, earlier)))
    return replace(school, terms=tuple(merged))


def _by_its_rules(term: Term, standing: School, school: School) -> Term:
    """The term saying itself which scale it is on, and by which policy it is graded, where the school's change."""
    scale, policy = term.scale, term.policy
    if standing.scale != school.scale:
        scale = scale or standing.scale
    if standing.policy != school.policy:
        policy = policy or standing.policy or PLAIN
    return replace(term, scale=scale, policy=policy)


def _require_scales_of_used_terms(transaction: Transaction, before: School, after: School) -> None:
    """Make sure, now and in the transaction, that only terms without records are on another scale afterwards."""
    today = clock.now().astimezone(ZoneInfo(before.time_zone)).date()
    for term in before.terms:
        if before.scale_in(term.term_id) == after.scale_in(term.term_id):
            continue
        if term.closed or term.ends_on < today or _has_records(term.term_id):
            raise ScaleInUseError(_("Something is recorded in the term %(term)s already") % {"term": term.term_id})
        term_locks.require_unused(transaction, term.term_id, otherwise=_RulesChangedError)


def _require_policies_of_closed_terms(before: School, after: School) -> None:
    """Make sure that the grades of closed terms stand. A term that closes meanwhile has changed the school's record."""
    for term in before.terms:
        if term.closed and before.policy_in(term.term_id) != after.policy_in(term.term_id):
            message = _("The term %(term)s is closed: give it the policy that it has") % {"term": term.term_id}
            raise ClosedTermPolicyError(message)


def _has_records(term_id: str) -> bool:
    """Whether anything was ever set or graded in the term; a query for each section if there is no nearer sign.

    The nearer signs are not there for what was imported before there were marks of use.
    """
    return bool(
        term_locks.is_marked_used(term_id)
        or term_locks.list_locks(term_id)
        or pending_scores.list_pending(term_id, limit=1)
        or any(stored_evaluations.is_any_of(s.section_id, term_id=term_id) for s in roster.list_sections())
    )


def _overlapping(given: Term, kept: Term) -> InvalidInputError:
    named = {"given": given.term_id, "kept": kept.term_id}
    message = _("The term %(given)s overlaps %(kept)s, which the school has already") % named
    return InvalidInputError(message, fields=[FieldError("terms", "overlap", message)])
