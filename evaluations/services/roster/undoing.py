"""Putting back what stood before an import, part by part from the last, but for what was changed or used since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from evaluations.domain.roster import Entity
from evaluations.domain.roster_changes import Change, ChangeKind
from evaluations.repository import roster, roster_imports, roster_records, stored_evaluations, stored_scores

if TYPE_CHECKING:
    from evaluations.domain.roster import RecordName, Roster
    from evaluations.domain.school import Section

_ATTEMPTS = 3


def undo_chunk(import_id: str, number: int) -> dict[str, int]:
    """Undo one part of an import's plan, once, and note what it leaves. Doing it again changes nothing.

    Raises:
        ConflictError: others kept changing the same records; take the step again.
    """
    changes = roster_imports.get_chunk(import_id, number)
    for _attempt in range(_ATTEMPTS):
        kept = roster_imports.find_kept(import_id, number)
        if kept is not None:
            return {"undone": len(changes) - len(kept), "kept": len(kept)}
        try:
            _undo(import_id, number, changes)
        except ConditionFailedError:
            continue  # somebody was between reading and writing, or this part was undone by another worker
    raise ConflictError


def _undo(import_id: str, number: int, changes: list[Change]) -> None:
    now = _Now(import_id, changes)
    kept: list[RecordName] = []
    transaction = Transaction()
    for change in changes:
        if now.may_undo(change):
            roster_records.add_undoing(transaction, change, import_id)
        else:
            kept.append(change.name)
    roster_imports.put_kept(transaction, import_id, number, kept)
    transaction.commit()


@dataclass
class _Now:
    """What stands now of a part's records, and what they are used for; each asked for once."""

    import_id: str
    changes: list[Change]

    def may_undo(self, change: Change) -> bool:
        """Whether what the import wrote still stands as it wrote it, and nothing stands on what would go."""
        standing = self._standing.get(change.name)
        if change.kind is ChangeKind.ENDED:
            came_back = change.before is not None and standing is not None
            return change.name in self._ended and not came_back
        if standing is None or standing.import_id != self.import_id:
            return False
        return change.kind is ChangeKind.CHANGED or not self._is_used(change.name)

    def _is_used(self, name: RecordName) -> bool:
        match name.entity:
            case Entity.COURSE:
                return any(section.course_id in name.ids for section in self._sections)
            case Entity.TEACHER:
                [teacher_id] = name.ids
                return any(section.has_been_taught_by(teacher_id) for section in self._sections)
            case Entity.SECTION:
                [section_id] = name.ids
                return section_id in self._evaluated or section_id in self._shared or _has_people(section_id)
            case Entity.STUDENT:
                [student_id] = name.ids
                return roster_records.has_places(student_id) or bool(_graded_in(student_id))
            case Entity.ENROLMENT:
                section_id, student_id = name.ids
                return section_id in self._evaluated and section_id in _graded_in(student_id)

    @cached_property
    def _standing(self) -> Roster:
        return roster_records.find_standing(self.changes)

    @cached_property
    def _ended(self) -> set[RecordName]:
        return roster_records.find_ended(self.changes, self.import_id)

    @cached_property
    def _sections(self) -> list[Section]:
        return roster.list_sections(consistent=True)

    @cached_property
    def _shared(self) -> set[str]:
        """Those of the school's sections that people assigned other teachers to."""
        return {section.section_id for section in self._sections if section.others}

    @cached_property
    def _evaluated(self) -> set[str]:
        """Those of the sections concerned in which evaluations were set."""
        wanted = {change.name.ids[0] for change in self.changes}
        return {name for name in wanted if stored_evaluations.list_of_section(name, limit=1).items}


def _has_people(section_id: str) -> bool:
    """Whether anybody is or was in the section."""
    return bool(roster.list_enrolments(section_id, consistent=True) or roster.list_past_enrolments(section_id))


def _graded_in(student_id: str) -> set[str]:
    """The sections in which the student has scores."""
    return {section_id for _term, section_id in stored_scores.list_places_of_student(student_id)}
