"""Which consolidated grades are out of date: a mark put by the write that made them so, in its own transaction.

    SCHOOL#<id>#STALE#<term>#<section>  <student>   this student's scores changed
    SCHOOL#<id>#STALE#<term>#<section>  SECTION     an evaluation was set or changed: every student's grade is affected

A mark carries a random ``token`` that each write replaces, so that a refresh clears what it saw and nothing newer, and
the evaluations concerned: the section's list is read from the index, which may not have a new one yet. Reading marks is
strongly consistent, and comes before reading the grades they speak of: no mark then means no newer score.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes
from edu.dynamo.transactions import Condition, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.domain.evaluation import Evaluation, Score

ENTITY = "stale_mark"
WHOLE_SECTION = "SECTION"  # no student id has capitals
_SET = (
    "SET entity = :entity, term_id = :term_id, section_id = :section_id, student_id = :student_id, mark_token = :token"
    " ADD evaluation_ids :evaluation_ids"
)


@dataclass(frozen=True)
class StaleMark:
    """The grades of one student (``None``: of all students) in a section and term are out of date."""

    term_id: str
    section_id: str
    mark_token: str
    evaluation_ids: frozenset[str]
    student_id: str | None = None


def mark_stale(transaction: Transaction, score: Score) -> None:
    """Say that the score's student has to be consolidated again. For every write of a score, in its transaction.

    One mark a student and section: a transaction may hold one score of each.
    """
    _mark(transaction, score, score.student_id)


def mark_section_stale(transaction: Transaction, evaluation: Evaluation) -> None:
    """Say that the section's students have to be consolidated again. For every write of an evaluation itself."""
    _mark(transaction, evaluation, None)


def list_stale(term_id: str, section_id: str) -> list[StaleMark]:
    """A section's marks, the whole section's first. Strongly consistent."""
    query = table.Query(_partition(term_id, section_id), consistent=True)
    return [from_attributes(StaleMark, item) for item in table.query_all(query)]


def list_stale_of_student(places: Iterable[tuple[str, str]], student_id: str) -> list[StaleMark]:
    """What is out of date for one student in these (term, section) places, in one batch read for up to 50.

    Strongly consistent.
    """
    keys = [Key(_partition(*place), position) for place in places for position in (WHOLE_SECTION, student_id)]
    return [from_attributes(StaleMark, item) for item in table.get_items(keys, consistent=True)]


def clear_stale(transaction: Transaction, mark: StaleMark) -> None:
    """Remove the mark unless a write has renewed it since it was read, under the student's id or ``WHOLE_SECTION``.

    The condition holds too when the mark is gone: clearing twice is clearing once.
    """
    seen = Condition("attribute_not_exists(pk) OR mark_token = :token", {":token": mark.mark_token})
    name = mark.student_id or WHOLE_SECTION
    transaction.delete(_key(mark.term_id, mark.section_id, mark.student_id), seen, name=name)


def _mark(transaction: Transaction, record: Evaluation | Score, student_id: str | None) -> None:
    values = {
        ":entity": ENTITY,
        ":term_id": record.term_id,
        ":section_id": record.section_id,
        ":student_id": student_id,
        ":token": uuid.uuid4().hex,
        ":evaluation_ids": {record.evaluation_id},
    }
    expression = _SET if student_id else _SET.replace(" student_id = :student_id,", "")
    transaction.update(_key(record.term_id, record.section_id, student_id), expression, values)


def _key(term_id: str, section_id: str, student_id: str | None) -> Key:
    return Key(_partition(term_id, section_id), student_id or WHOLE_SECTION)


def _partition(term_id: str, section_id: str) -> str:
    return school_partition("STALE", term_id, section_id)
