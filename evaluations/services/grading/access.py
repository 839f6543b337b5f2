"""Who may write a score or change an evaluation, by who teaches the section and whether the term is open.

While the term is open its teacher writes; once it is closed, or where the administrator does not teach, only the
school's administrator, who must say why. Each function returns whether the term is open, as this process remembers it:
the write's transaction must require the same of its lock (``term_locks``). Before refusing, the record is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.errors import LibretaError
from edu.identity.capabilities import Capability, holds
from evaluations.errors import ClosedTermError, NotAssignedError
from evaluations.permissions import SEE_SCORES_ANYWHERE, SET_EVALUATIONS_ANYWHERE, TEACH, WRITE_IN_CLOSED_TERMS
from evaluations.services import inputs
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.identity.principal import Principal
    from evaluations.domain.school import Section, Term


def require_writer(actor: Principal, section: Section) -> None:
    """Only the section's teacher and the school's administrators set its evaluations.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SET_EVALUATIONS_ANYWHERE):
        require_teacher(actor, section)


def require_score_reader(actor: Principal, section: Section) -> None:
    """Only the section's teacher and the school's administrators see its scores.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SEE_SCORES_ANYWHERE):
        require_teacher(actor, section)


def teaches(actor: Principal, section: Section) -> bool:
    """Whether the section is the actor's own: an administrator may be a teacher too."""
    return holds(actor, TEACH) and actor.person_id == section.teacher_id


def require_teacher(actor: Principal, section: Section) -> None:
    """Only the section's teacher grades its students while the term is open.

    Raises:
        NotAssignedError: the actor is somebody else.
    """
    if not teaches(actor, section):
        raise NotAssignedError


def require_grader(actor: Principal, *, section_id: str, term_id: str, reason: str = "") -> bool:
    """Who teaches the section writes its scores while the term is open, an administrator once it is closed.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor is neither, or an administrator who does not teach it and the term is open.
        ClosedTermError: the term is closed and the actor is no administrator.
        InvalidInputError: the term is closed and the reason is missing.
    """
    own = _is_own(actor, section_id, otherwise=WRITE_IN_CLOSED_TERMS)

    def judge(term: Term) -> None:
        if term.closed:
            _require_explained(actor, reason)
        elif not own:
            raise NotAssignedError

    return _judged(term_id, judge)


def require_editor(actor: Principal, *, section_id: str, term_id: str, reason: str = "") -> bool:
    """Who teaches the section changes its evaluations while the term is open, an administrator with a reason always.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor is neither.
        ClosedTermError: the term is closed and the actor is no administrator.
        InvalidInputError: the reason is missing: the term is closed, or the administrator does not teach the section.
    """
    own = _is_own(actor, section_id, otherwise=SET_EVALUATIONS_ANYWHERE)

    def judge(term: Term) -> None:
        if term.closed:
            _require_explained(actor, reason)
        elif not own and not reason:
            raise inputs.missing_reason()

    return _judged(term_id, judge)


def _is_own(actor: Principal, section_id: str, *, otherwise: Capability) -> bool:
    """Whether the section is the actor's own; who teaches another one needs the capability ``otherwise``."""
    own = teaches(actor, school_cache.get_section(section_id))
    if not own and not holds(actor, otherwise):
        raise NotAssignedError
    return own


def _require_explained(actor: Principal, reason: str) -> None:
    if not holds(actor, WRITE_IN_CLOSED_TERMS):
        raise ClosedTermError
    if not reason:
        raise inputs.missing_reason()


def _judged(term_id: str, judge: Callable[[Term], None]) -> bool:
    term = school_cache.get_term(term_id)
    try:
        judge(term)
    except LibretaError:
        term = school_cache.get_term(term_id, afresh=True)  # another process may have closed it, or opened it again
        judge(term)
    return not term.closed
