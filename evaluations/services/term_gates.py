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
from evaluations.repository import terms
from evaluations.services import rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.errors import LibretaError
    from edu.identity.principal import Principal
    from evaluations.domain.school import School

T = TypeVar("T")
_ATTEMPTS = 3


@dataclass(frozen=True)
class Gate:
    """A transaction's requirement that a section takes grades of a term (without ``is_open``: none) on ``scale``."""

    transaction: Transaction
    term_id: str
    section_id: str
    scale: GradingScale
    is_open: bool
    position: int


def require(transaction: Transaction, *, term_id: str, section_id: str, is_open: bool = True) -> Gate:
    """Add the requirement. Only ``commit`` knows what to do when it does not hold."""
    scale = rules.get_scale(term_id)
    position = terms.require_gate(transaction, term_id, section_id, scale, is_open=is_open)
    return Gate(transaction, term_id, section_id, scale, is_open, position)


def commit(gate: Gate) -> None:
    """Commit the gate's transaction. A section's first write of a term finds no gate and adds it, as the rules say.

    Raises:
        ClosedTermError: the term is closed, whatever this process remembers; nothing was written.
        ReopenedTermError: the gate was to be closed, and the term is open; nothing was written.
        ConflictError: this process remembered another scale of the term; nothing was written, and the next try reads
            the rules again.
        ConditionFailedError: another of the transaction's conditions did not hold; nothing was written.
    """
    try:
        gate.transaction.commit()
    except ConditionFailedError as error:
        if gate.position not in error.failed:
            raise
        found = error.failed[gate.position]
        if found is not None:
            raise _moved(gate, is_open=terms.is_open(found)) from error
        _add(gate)
        gate.transaction.commit()


def once_more(actor: Principal, write: Callable[[], T]) -> T:
    """Do the write; an administrator's from the start again when the term is not as this process remembered it."""
    try:
        return write()
    except (ClosedTermError, ReopenedTermError):
        if not holds(actor, WRITE_IN_CLOSED_TERMS):
            raise
        return write()


def _moved(gate: Gate, *, is_open: bool) -> LibretaError:
    """Why the gate does not hold: the term is not as this process remembered it, or it is on another scale."""
    rules.forget_school()
    if gate.is_open == is_open:
        return ConflictError()
    return ReopenedTermError() if is_open else ClosedTermError()


def _add(gate: Gate) -> None:
    for _ in range(_ATTEMPTS):
        profile = terms.get_profile()
        is_open = not _is_closed(profile.school, gate.term_id)
        if is_open != gate.is_open or profile.school.scale_in(gate.term_id) != gate.scale:
            raise _moved(gate, is_open=is_open)
        adding = Transaction()
        position = terms.add_gate(adding, profile, gate.term_id, gate.section_id, is_open=gate.is_open)
        try:
            adding.commit()
        except ConditionFailedError as error:
            if position not in error.failed:
                continue  # the rules changed in between: look again
        return


def _is_closed(school: School, term_id: str) -> bool:
    return all(term.closed for term in school.terms if term.term_id == term_id)
