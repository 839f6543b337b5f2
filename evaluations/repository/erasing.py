"""What stands of a student in the records of grading and of the roster, and taking it away.

A score stays, for what it counts in and for what the government was told, but nothing leads from it to a person: it
loses its comment, the salts of its digests, the place in the student's index and the pseudonym of the lake, and is
called another entity, so that the pipe to the lake passes over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, Key, joined, school_partition
from edu.dynamo.transactions import Transaction, version_is
from edu.errors import ConflictError
from evaluations.domain.school import Enrolment, Student
from evaluations.repository import roster_imports, school_profile
from evaluations.repository.keys import SCORE_VERSION, scored_index
from evaluations.repository.lake_rows import LAKE
from evaluations.repository.stored_scores import UNLINKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.mapping import Attributes
    from evaluations.domain.roster import Record
    from evaluations.domain.roster_changes import Change

_COMMENT = "comment"
_ROUNDS = 5


def list_linked(student_id: str) -> list[Attributes]:
    """The items of a student's scores that lead to the student. Eventually consistent."""
    items = table.query_all(table.Query(scored_index(student_id), index=True, limit=1000))
    return [item for item in items if item["entity"] != UNLINKED]


def unlink_scores(student_id: str) -> int:
    """Take what leads to a person from all scores of a student; returns how many. Idempotent.

    Of each its versions first, for by the score they are found; its consolidated grade goes too.

    Raises:
        ConflictError: they are being written all the time; do it again.
    """
    unlinked = 0
    for _round in range(_ROUNDS):
        items = list_linked(student_id)
        if not items:
            return unlinked
        unlinked += sum(map(_unlink, items))
    raise ConflictError


def _unlink(item: Attributes) -> bool:
    """Unlink one; ``False`` when it was written meanwhile."""
    student_id = item["student_id"]
    prefix = joined(SCORE_VERSION, student_id) + SEPARATOR
    query = table.Query(item["pk"], prefix=prefix, consistent=True)
    table.write_batch(table.BatchWrite(puts=[_bare_version(version) for version in table.query_all(query)]))
    transaction = Transaction()
    transaction.put(_bare_score(item), version_is(item["version"]))
    transaction.delete(_consolidated_key(item["term_id"], item["section_id"], student_id))
    return transaction.try_commit()


def list_person(student_id: str) -> list[Attributes]:
    """The student's own record and enrolments, present and past. The enrolments are eventually consistent."""
    own = table.get_item(Key(school_partition("STUDENT"), student_id))
    indexes = (school_partition("ATTENDS", student_id), school_partition("ATTENDED", student_id))
    places = [item for index in indexes for item in table.query_all(table.Query(index, index=True))]
    return ([own] if own else []) + places


def delete_person(student_id: str) -> int:
    """Delete all that, and the grades consolidated in these sections, which stand only for who is enrolled."""
    items = list_person(student_id)
    terms = [term.term_id for term in school_profile.get_school().terms]
    sections = {item["section_id"] for item in items if "section_id" in item}
    grades = [_consolidated_key(term_id, section_id, student_id) for term_id in terms for section_id in sections]
    own = [Key(item["pk"], item["sk"]) for item in items]
    table.write_batch(table.BatchWrite(deletes=[*grades, *own]))
    return len(own)


def find_plans(student_id: str) -> Iterator[tuple[str, int, list[Change]]]:
    """The parts of imports' plans that say something of the student: import, number and what they say of others."""
    for import_id, number, changes in roster_imports.iterate_plans():
        others = [change for change in changes if not _is_about(change.after, student_id)]
        if len(others) < len(changes):
            yield import_id, number, others


def _is_about(record: Record, student_id: str) -> bool:
    return isinstance(record, Student | Enrolment) and record.student_id == student_id


def _bare_score(item: Attributes) -> Attributes:
    kept = {name: value for name, value in item.items() if name not in {_COMMENT, LAKE, "gsi1pk", "gsi1sk"}}
    return kept | {"entity": UNLINKED, audit.SALT: audit.new_salt()}


def _bare_version(item: Attributes) -> Attributes:
    parts = {name: _uncommented(item[name]) for name in ("score", "before") if name in item}
    return item | parts | {audit.SALT: audit.new_salt()}


def _uncommented(content: Attributes) -> Attributes:
    return {name: value for name, value in content.items() if name != _COMMENT}


def _consolidated_key(term_id: str, section_id: str, student_id: str) -> Key:
    return Key(school_partition("CONSOLIDATED", term_id, section_id), student_id)
