"""Who may write a score or change an evaluation, by who teaches the section and whether the term is open.

While the term is open its teacher writes; once it is closed, or where the administrator does not teach, only the
school's administrator, who must say why. Each function returns whether the term is open, as this process remembers it:
the write's transaction must require the same of its gate (``term_gates``). Before refusing, the record is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.errors import LibretaError
from edu.identity.capabilities import Capability, holds
from evaluations.errors import ClosedTermError, NotAssignedError
from evaluations.permissions import SET_EVALUATIONS_ANYWHERE, WRITE_IN_CLOSED_TERMS
from evaluations.services import reasons, rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.identity.principal import Principal
    from evaluations.domain.school import Term


def require_grader(actor: Principal, *, section_id: str, term_id: str, reason: str = "") -> bool:
    """Who teaches the section writes its scores while the term is open, an administrator once it is closed.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor is neither, or an administrator who does not teach it and the term is open.
        ClosedTermError: the term is closed and the actor is no administrator.
        InvalidInputError: the term is closed and the reason is missing.
    """
    teaches = _teaches(actor, section_id, WRITE_IN_CLOSED_TERMS)

    def judge(term: Term) -> None:
        if term.closed:
            _require_explained(actor, reason)
        elif not teaches:
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
    teaches = _teaches(actor, section_id, SET_EVALUATIONS_ANYWHERE)

    def judge(term: Term) -> None:
        if term.closed:
            _require_explained(actor, reason)
        elif not teaches and not reason:
            raise reasons.missing()

    return _judged(term_id, judge)


def _teaches(actor: Principal, section_id: str, otherwise: Capability) -> bool:
    teaches = rules.teaches(actor, rules.get_section(section_id))
    if not teaches and not holds(actor, otherwise):
        raise NotAssignedError
    return teaches


def _require_explained(actor: Principal, reason: str) -> None:
    if not holds(actor, WRITE_IN_CLOSED_TERMS):
        raise ClosedTermError
    if not reason:
        raise reasons.missing()


def _judged(term_id: str, judge: Callable[[Term], None]) -> bool:
    term = rules.get_term(term_id)
    try:
        judge(term)
    except LibretaError:
        term = rules.get_term(term_id, afresh=True)  # another process may have closed it, or opened it again
        judge(term)
    return not term.closed
