"""Keeping grades out of closed terms, and off other scales than the term's, in the transaction that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from evaluations.domain.scales import GradingScale
from evaluations.errors import ClosedTermError
from evaluations.repository import terms
from evaluations.services import rules

if TYPE_CHECKING:
    from evaluations.domain.school import School

_ATTEMPTS = 3


@dataclass(frozen=True)
class Gate:
    """A transaction's requirement that a section takes grades of a term on ``scale``."""

    transaction: Transaction
    term_id: str
    section_id: str
    scale: GradingScale
    position: int


def require_open(transaction: Transaction, *, term_id: str, section_id: str) -> Gate:
    """Add the requirement. Only ``commit`` knows what to do when it does not hold."""
    scale = rules.get_scale(term_id)
    position = terms.require_open_gate(transaction, term_id, section_id, scale)
    return Gate(transaction, term_id, section_id, scale, position)


def commit(gate: Gate) -> None:
    """Commit the gate's transaction. A section's first write of a term finds no gate and adds it, as the rules say.

    Raises:
        ClosedTermError: the term is closed, whatever this process remembers; nothing was written.
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
            rules.forget_school()
            raise (ConflictError() if terms.is_open(found) else ClosedTermError()) from error
        _add(gate)
        gate.transaction.commit()


def _add(gate: Gate) -> None:
    for _ in range(_ATTEMPTS):
        profile = terms.get_profile()
        if _is_closed(profile.school, gate.term_id):
            rules.forget_school()
            raise ClosedTermError
        if profile.school.scale_in(gate.term_id) != gate.scale:
            rules.forget_school()
            raise ConflictError
        adding = Transaction()
        position = terms.add_open_gate(adding, profile, gate.term_id, gate.section_id)
        try:
            adding.commit()
        except ConditionFailedError as error:
            if position not in error.failed:
                continue  # the rules changed in between: look again
        return


def _is_closed(school: School, term_id: str) -> bool:
    return all(term.closed for term in school.terms if term.term_id == term_id)
