"""The erasures of a school: the list by which they are done again after a backup was restored.

    SCHOOL#<id>#ERASURE   <student>

It says whose key was destroyed, when and at whose order; nothing of the student but the id, which leads to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction


@dataclass(frozen=True)
class Erasure:
    """A student's erasure: ordered ``rounds`` times, more than once only after a backup was restored."""

    student_id: str
    ordered_at: datetime
    ordered_by: str
    rounds: int = 1

    @property
    def job_id(self) -> str:
        """The job that does its last round."""
        return f"{self.student_id}-r{self.rounds}"


def find_erasure(student_id: str) -> Erasure | None:
    """A student's erasure, ``None`` when nobody ordered one. Strongly consistent."""
    found = table.get_item(_key(student_id))
    return from_attributes(Erasure, found) if found else None


def find_erased(student_ids: list[str]) -> set[str]:
    """Those of the students whose erasure was ordered. Strongly consistent; a read for each 100."""
    found = table.get_items([_key(student_id) for student_id in student_ids], consistent=True)
    return {item["student_id"] for item in found}


def list_erasures() -> list[Erasure]:
    """Every erasure of the school in scope, by student. Strongly consistent."""
    query = table.Query(school_partition("ERASURE"), consistent=True)
    return [from_attributes(Erasure, item) for item in table.query_all(query)]


def put_erasure(transaction: Transaction, erasure: Erasure, *, otherwise: type[Exception]) -> None:
    """Write an erasure in the place of its round before."""
    before = Condition("rounds = :before", {":before": erasure.rounds - 1}) if erasure.rounds > 1 else NOT_THERE
    item = {**_key(erasure.student_id).as_attributes(), "entity": "erasure", **to_attributes(erasure)}
    transaction.put(item, before, otherwise=otherwise)


def _key(student_id: str) -> Key:
    return Key(school_partition("ERASURE"), student_id)
