"""Who may write a score or change an evaluation, by who teaches the section and whether the term is open.

While the term is open those write who teach the section today (``capacity_in``); an administrator only where the school
lets them grade for an absent teacher, and says why. Once it is closed only an administrator writes, who must say why.
Each function that lets a writer in returns their ``Permit``: the write's transaction must require its lock
(``term_locks``), which holds while the term and the section's teachers are as they were judged by. Before refusing, the
section's and the school's records are read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.errors import LibretaError
from edu.identity.capabilities import Capability, holds
from evaluations.domain.school import Section
from evaluations.domain.teaching import Capacity
from evaluations.errors import ClosedTermError, NotAssignedError
from evaluations.permissions import (
    GRADE_FOR_ABSENT,
    SEE_SCORES_ANYWHERE,
    SET_EVALUATIONS_ANYWHERE,
    TEACH,
    WRITE_IN_CLOSED_TERMS,
)
from evaluations.services import inputs
from evaluations.services.school import school_cache, term_locking

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.identity.principal import Principal
    from evaluations.domain.school import Term
    from evaluations.services.school.term_locking import TermLock


@dataclass(frozen=True)
class Permit:
    """That somebody may write in a section and term: as what, and by which records they were let in."""

    section: Section
    term_id: str
    is_open: bool
    capacity: Capacity

    @property
    def lock(self) -> TermLock:
        """What the write's transaction requires."""
        return term_locking.lock_of(term_id=self.term_id, section=self.section, is_open=self.is_open)

    @property
    def needs_reason(self) -> bool:
        """Whether each score that is written must say why."""
        return self.capacity is Capacity.ADMINISTRATOR


def capacity_in(actor: Principal, section: Section) -> Capacity | None:
    """As what the actor teaches the section today, by the school's clocks; ``None`` when they do not.

    An administrator may be a teacher too.
    """
    if not actor.person_id or not holds(actor, TEACH):
        return None
    if actor.person_id == section.teacher_id:
        return Capacity.TEACHER  # without looking at the clock, and so at the school's record
    return section.capacity_of(actor.person_id, school_cache.today()) if section.others else None


def teaches(actor: Principal, section: Section) -> bool:
    """Whether the actor teaches the section today, in whatever capacity."""
    return capacity_in(actor, section) is not None


def require_score_reader(actor: Principal, section: Section) -> None:
    """Only who teaches the section and the school's administrators see its scores.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SEE_SCORES_ANYWHERE):
        require_teacher(actor, section)


def require_teacher(actor: Principal, section: Section) -> None:
    """Only who teaches the section today.

    Raises:
        NotAssignedError: the actor is somebody else.
    """
    if not _taught_at_last(actor, section):
        raise NotAssignedError


def require_writer(actor: Principal, section: Section) -> None:
    """Only who teaches the section and the school's administrators set its evaluations.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SET_EVALUATIONS_ANYWHERE):
        require_teacher(actor, section)


def permit_of_writer(actor: Principal, *, section_id: str, term_id: str) -> Permit:
    """Let in whom ``require_writer`` does, for a new evaluation of a term that is open. Also ``NotFoundError``."""
    section = school_cache.get_section(section_id)
    if not holds(actor, SET_EVALUATIONS_ANYWHERE):
        found = _taught_at_last(actor, section)
        if found is None:
            raise NotAssignedError
        section = found
    capacity = capacity_in(actor, section) or Capacity.ADMINISTRATOR
    return Permit(section, term_id, is_open=True, capacity=capacity)


def require_grader(actor: Principal, *, section_id: str, term_id: str, reason: str = "") -> Permit:
    """Who teaches the section writes its scores while the term is open, an administrator once it is closed.

    Where the school lets its administrators grade for an absent teacher, they do so while it is open, too.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor is neither, or an administrator who does not teach it, the term is open, and the
            school does not let them.
        ClosedTermError: the term is closed and the actor is no administrator.
        InvalidInputError: an administrator writes as such, and the reason is missing.
    """

    def judge(section: Section, term: Term) -> Capacity:
        if term.closed:
            return _closed_capacity(actor, section, reason, WRITE_IN_CLOSED_TERMS)
        return _open_capacity(actor, section, reason)

    return _judged(section_id, term_id, judge)


def require_section_grader(actor: Principal, *, section_id: str, term_id: str) -> Permit:
    """Who may write scores as ``require_grader`` says, but only while the term is open.

    Whether an administrator says why is judged row by row (``Permit.needs_reason``).

    Raises:
        NotFoundError, NotAssignedError: as ``require_grader``.
        ClosedTermError: the term is closed, whoever asks.
    """

    def judge(section: Section, term: Term) -> Capacity:
        capacity = _open_capacity(actor, section, None)
        if term.closed:
            raise ClosedTermError
        return capacity

    return _judged(section_id, term_id, judge)


def require_editor(actor: Principal, *, section_id: str, term_id: str, reason: str = "") -> Permit:
    """Who teaches the section changes its evaluations while the term is open, an administrator with a reason always.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor is neither.
        ClosedTermError: the term is closed and the actor is no administrator.
        InvalidInputError: the reason is missing: the term is closed, or the administrator does not teach the section.
    """

    def judge(section: Section, term: Term) -> Capacity:
        if term.closed:
            return _closed_capacity(actor, section, reason, SET_EVALUATIONS_ANYWHERE)
        if capacity := capacity_in(actor, section):
            return capacity
        if not holds(actor, SET_EVALUATIONS_ANYWHERE):
            raise NotAssignedError
        return _explained(reason)

    return _judged(section_id, term_id, judge)


def _taught_at_last(actor: Principal, section: Section) -> Section | None:
    """The section as the actor teaches it today, as it is remembered or as its record says now; or ``None``."""
    if teaches(actor, section):
        return section
    if not actor.person_id or not holds(actor, TEACH):
        return None
    afresh = school_cache.get_section_afresh(section.section_id)
    return afresh if teaches(actor, afresh) else None


def _open_capacity(actor: Principal, section: Section, reason: str | None) -> Capacity:
    """As what the actor grades while the term is open; without a ``reason`` (``None``) it is judged later."""
    if capacity := capacity_in(actor, section):
        return capacity
    if not holds(actor, GRADE_FOR_ABSENT) or not school_cache.get_school().lets_administrators_grade:
        raise NotAssignedError
    return Capacity.ADMINISTRATOR if reason is None else _explained(reason)


def _closed_capacity(actor: Principal, section: Section, reason: str, elsewhere: Capability) -> Capacity:
    """As what the actor writes once the term is closed: who does so where they do not teach holds ``elsewhere``."""
    if not holds(actor, elsewhere) and not teaches(actor, section):
        raise NotAssignedError
    if not holds(actor, WRITE_IN_CLOSED_TERMS):
        raise ClosedTermError
    return _explained(reason)


def _explained(reason: str) -> Capacity:
    """An administrator as such, who says why."""
    if not reason:
        raise inputs.missing_reason()
    return Capacity.ADMINISTRATOR


def _judged(section_id: str, term_id: str, judge: Callable[[Section, Term], Capacity]) -> Permit:
    section, term = school_cache.get_section(section_id), school_cache.get_term(term_id)
    try:
        capacity = judge(section, term)
    except LibretaError:  # another process may have closed the term or opened it again, or let somebody in
        section, term = school_cache.get_section_afresh(section_id), school_cache.get_term(term_id, afresh=True)
        capacity = judge(section, term)
    return Permit(section, term_id, is_open=not term.closed, capacity=capacity)
