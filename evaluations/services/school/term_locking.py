"""Keeping grades out of closed terms, off other scales than the term's, and out of the hands of who teaches no more.

All in the transaction that writes them. What an administrator corrects in a closed term requires that it is closed:
opened again, it is the teacher's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from edu.identity.capabilities import holds
from evaluations.domain.scales import GradingScale
from evaluations.domain.school import Section
from evaluations.errors import ClosedTermError, ReopenedTermError
from evaluations.permissions import WRITE_IN_CLOSED_TERMS
from evaluations.repository import roster, school_profile, term_locks
from evaluations.repository.term_locks import StandingLock
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.errors import LibretaError
    from edu.identity.principal import Principal
    from evaluations.domain.school import School

T = TypeVar("T")
_ATTEMPTS = 3


class TeachersMovedError(ConflictError):
    """The section's other teachers were changed since the writer was let in: who may write is to be judged again."""


class MissingLockError(ConflictError):
    """The section has no lock for the term yet: its first write adds it."""


class _RulesChangedError(ConflictError):
    """The school's record was changed while a lock was added."""


@dataclass(frozen=True)
class TermLock:
    """A write's requirement that a section takes grades of a term (without ``is_open``: none) on ``scale``.

    ``section`` is as its writer was judged by. A transaction that requires it fails with:

        ClosedTermError: the term is closed, whatever this process remembers.
        ReopenedTermError: the lock was to be closed, and the term is open.
        TeachersMovedError: the section's other teachers were changed in the meantime; judge the writer again.
        ConflictError: this process remembered another scale of the term; the next try reads the rules again.
        MissingLockError: there is none yet; ``add`` adds it.
    """

    term_id: str
    section: Section
    scale: GradingScale
    is_open: bool

    def require(self, transaction: Transaction) -> None:
        """Add the requirement to a write."""
        term_locks.require_lock(
            transaction,
            self.term_id,
            self.section,
            self.scale,
            is_open=self.is_open,
            otherwise=lambda standing: self._moved(standing) if standing else MissingLockError(),
        )

    def add(self) -> None:
        """Add the missing lock as the school's record says. Idempotent, also beside others who do the same.

        Raises:
            ClosedTermError, ReopenedTermError, TeachersMovedError, ConflictError: the lock that may be added is not
                the one required.
        """
        for _ in range(_ATTEMPTS):
            profile, section = school_profile.get_profile(), roster.get_section(self.section.section_id)
            may_be = StandingLock(not _is_closed(profile.school, self.term_id), section.teachers_version)
            if may_be != self._required() or profile.school.scale_in(self.term_id) != self.scale:
                raise self._moved(may_be)
            adding = Transaction()
            place = (self.term_id, section)
            term_locks.add_lock(adding, profile, *place, is_open=self.is_open, otherwise=_RulesChangedError)
            try:
                adding.commit()
            except _RulesChangedError:
                continue  # look again
            except ConditionFailedError:
                return  # somebody else has added it
            return

    def _required(self) -> StandingLock:
        return StandingLock(self.is_open, self.section.teachers_version)

    def _moved(self, standing: StandingLock) -> LibretaError:
        """Why the lock does not hold: the term, its scale or the section's teachers are not as this process thought."""
        school_cache.forget_school()
        if self.is_open != standing.is_open:
            return ReopenedTermError() if standing.is_open else ClosedTermError()
        if standing == self._required():
            return ConflictError()
        school_cache.forget_section(self.section.section_id)
        return TeachersMovedError()


def lock_of(*, term_id: str, section: Section, is_open: bool = True) -> TermLock:
    """The lock that a write of this section and term requires, on the scale that this process remembers."""
    return TermLock(term_id, section, school_cache.get_scale(term_id), is_open)


def retry_if_moved(actor: Principal, write: Callable[[], T]) -> T:
    """Do the write; from the start again when the section's teachers are not as this process remembered them.

    So is an administrator's when the term is not.
    """
    try:
        return write()
    except TeachersMovedError:
        return write()
    except (ClosedTermError, ReopenedTermError):
        if not holds(actor, WRITE_IN_CLOSED_TERMS):
            raise
        return write()


def _is_closed(school: School, term_id: str) -> bool:
    return all(term.closed for term in school.terms if term.term_id == term_id)
