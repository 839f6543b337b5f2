"""Closing a term, and opening it again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError, NotFoundError
from edu.identity.capabilities import require
from evaluations.permissions import CLOSE_TERMS
from evaluations.repository import school_profile, term_locks
from evaluations.repository.school_profile import SchoolProfile
from evaluations.services import inputs
from evaluations.services.school import audit_trail, school_cache

if TYPE_CHECKING:
    from edu.idempotency import Reply
    from edu.identity.principal import Principal
    from evaluations.domain.school import School, Term

_ATTEMPTS = 5


class _RulesChangedError(ConflictError):
    """Another change of the school's record came first."""


def list_terms() -> list[Term]:
    """The terms of the school in scope, in order, at most five minutes old."""
    return list(school_cache.get_school().terms)


def close_term(*, actor: Principal, term_id: str, reply: Reply[Term] | None = None) -> Term:
    """Close a term: when this returns, no process takes a teacher's grade of it any more.

    Repeatable: closing what is closed changes nothing, and completes a closing that a crash had interrupted.

    Raises:
        ForbiddenError: the actor is no administrator of the school.
        NotFoundError: the school has no such term.
        ConflictError: others kept changing the school's record.
        IdempotentReplay: the same request was answered before.
    """
    return _set_closed(actor=actor, term_id=term_id, closed=True, reason="", reply=reply)


def reopen_term(*, actor: Principal, term_id: str, reason: str, reply: Reply[Term] | None = None) -> Term:
    """Let a closed term take grades again. Same errors as ``close_term``; also ``InvalidInputError`` for the reason."""
    if not inputs.checked_reason(reason):
        raise inputs.missing_reason()
    return _set_closed(actor=actor, term_id=term_id, closed=False, reason=reason, reply=reply)


def _set_closed(*, actor: Principal, term_id: str, closed: bool, reason: str, reply: Reply[Term] | None) -> Term:
    require(actor, CLOSE_TERMS)
    standing = school_profile.get_profile()
    _term_of(standing.school, term_id)
    if reply:
        reply.key.claim()
    profile = _changed_profile(actor, term_id, standing, closed=closed, reason=reason)
    # the record first: from then on no lock can be added under the old rules, so the list of locks is complete
    _set_locks(term_id, is_open=not closed, rules_version=profile.rules_version)
    school_cache.forget_school()
    term = _term_of(profile.school, term_id)
    if reply:
        reply.finish(term)
    return term


def _changed_profile(
    actor: Principal, term_id: str, before: SchoolProfile, *, closed: bool, reason: str
) -> SchoolProfile:
    for _attempt in range(_ATTEMPTS):
        if _term_of(before.school, term_id).closed == closed:
            return before
        after = SchoolProfile(
            _with_term(before.school, term_id, closed=closed), before.rules_version + 1, audit.new_salt()
        )
        transaction = Transaction()
        school_profile.put_profile(transaction, after, before, otherwise=_RulesChangedError)
        audit.add_entry(
            transaction,
            actor=actor,
            action="term.closed" if closed else "term.reopened",
            subject=f"term:{term_id}",
            version=after.rules_version,
            digests=(audit_trail.digest_of_profile(before), audit_trail.digest_of_profile(after)),
            reason=reason,
        )
        try:
            transaction.commit()
        except _RulesChangedError:
            before = school_profile.get_profile()
            continue
        return after
    raise ConflictError


def _set_locks(term_id: str, *, is_open: bool, rules_version: int) -> None:
    for section_id in term_locks.list_locks(term_id):
        transaction = Transaction()
        term_locks.set_lock(transaction, term_id, section_id, is_open=is_open, rules_version=rules_version)
        with suppress(ConditionFailedError):  # it was moved under later rules already: those count
            transaction.commit()


def _with_term(school: School, term_id: str, *, closed: bool) -> School:
    changed = (replace(term, closed=closed) if term.term_id == term_id else term for term in school.terms)
    return replace(school, terms=tuple(changed))


def _term_of(school: School, term_id: str) -> Term:
    found = next((term for term in school.terms if term.term_id == term_id), None)
    if found is None:
        raise NotFoundError
    return found
