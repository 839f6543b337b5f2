"""Keeping grades out of closed terms, and off other scales than the term's, in the transaction that writes them.

What an administrator corrects in a closed term requires that it is closed: opened again, it is the teacher's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from edu.identity.capabilities import holds
from evaluations.domain.scales import GradingScale
from evaluations.errors import ClosedTermError, ReopenedTermError
from evaluations.permissions import WRITE_IN_CLOSED_TERMS
from evaluations.repository import school_profile, term_locks
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.errors import LibretaError
    from edu.identity.principal import Principal
    from evaluations.domain.school import School

T = TypeVar("T")
_ATTEMPTS = 3


class MissingLockError(ConflictError):
    """The section has no lock for the term yet: its first write adds it."""


class _RulesChangedError(ConflictError):
    """The school's record was changed while a lock was added."""


@dataclass(frozen=True)
class TermLock:
    """A write's requirement that a section takes grades of a term (without ``is_open``: none) on ``scale``.

    A transaction that requires it fails with:

        ClosedTermError: the term is closed, whatever this process remembers.
        ReopenedTermError: the lock was to be closed, and the term is open.
        ConflictError: this process remembered another scale of the term; the next try reads the rules again.
        MissingLockError: there is none yet; ``add`` adds it.
    """

    term_id: str
    section_id: str
    scale: GradingScale
    is_open: bool

    def require(self, transaction: Transaction) -> None:
        """Add the requirement to a write."""
        term_locks.require_lock(
            transaction,
            self.term_id,
            self.section_id,
            self.scale,
            is_open=self.is_open,
            otherwise=lambda standing: MissingLockError() if standing is None else self._moved(is_open=standing),
        )

    def add(self) -> None:
        """Add the missing lock as the school's record says. Idempotent, also beside others who do the same.

        Raises:
            ClosedTermError, ReopenedTermError, ConflictError: the lock that may be added is not the one required.
        """
        for _ in range(_ATTEMPTS):
            profile = school_profile.get_profile()
            is_open = not _is_closed(profile.school, self.term_id)
            if is_open != self.is_open or profile.school.scale_in(self.term_id) != self.scale:
                raise self._moved(is_open=is_open)
            adding = Transaction()
            place = (self.term_id, self.section_id)
            term_locks.add_lock(adding, profile, *place, is_open=self.is_open, otherwise=_RulesChangedError)
            try:
                adding.commit()
            except _RulesChangedError:
                continue  # look again
            except ConditionFailedError:
                return  # somebody else has added it
            return

    def _moved(self, *, is_open: bool) -> LibretaError:
        """Why the lock does not hold: the term is not as this process remembered it, or it is on another scale."""
        school_cache.forget_school()
        if self.is_open == is_open:
            return ConflictError()
        return ReopenedTermError() if is_open else ClosedTermError()


def lock_of(*, term_id: str, section_id: str, is_open: bool = True) -> TermLock:
    """The lock that a write of this section and term requires, on the scale that this process remembers."""
    return TermLock(term_id, section_id, school_cache.get_scale(term_id), is_open)


def retry_if_term_moved(actor: Principal, write: Callable[[], T]) -> T:
    """Do the write; an administrator's from the start again when the term is not as this process remembered it."""
    try:
        return write()
    except (ClosedTermError, ReopenedTermError):
        if not holds(actor, WRITE_IN_CLOSED_TERMS):
            raise
        return write()


def _is_closed(school: School, term_id: str) -> bool:
    return all(term.closed for term in school.terms if term.term_id == term_id)
