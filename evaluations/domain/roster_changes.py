"""What becomes of a school's roster when files are loaded: what is new, changed, ended, as it was, or missing.

Nothing is taken away because it is not named. An enrolment ends when the files say so, when they are complete and have
the student in another section of the same course and year, or when whoever loads them says that what is missing ends.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from evaluations.domain.roster import Entity, Record, RecordName, Roster, RosterContent, Standing, name_of
from evaluations.domain.school import Enrolment, Section


class ChangeKind(StrEnum):
    """What a change does. An enrolment that ended is kept with its days; nothing else ends."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record as it was (``None``: it was not there) and as it is to be; ``seen``: the import it was written by."""

    kind: ChangeKind
    before: Record | None
    after: Record
    seen: str = ""

    @property
    def name(self) -> RecordName:
        """Which record."""
        return name_of(self.after)

    @property
    def is_of_the_past(self) -> bool:
        """Whether it only records what was over before: whatever stands may stand beside it."""
        return self.kind is ChangeKind.ENDED and self.before is None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The changes, in the order in which they are written, and what is not changed: as it was, or missing."""

    changes: tuple[Change, ...]
    unchanged: Mapping[Entity, int]
    missing: tuple[RecordName, ...]
    standing: Mapping[Entity, int]
    counts: Mapping[tuple[Entity, ChangeKind], int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the changes, once."""
        object.__setattr__(self, "counts", Counter((change.name.entity, change.kind) for change in self.changes))

    def over(self, percent: int) -> tuple[Entity, ...]:
        """The kinds of record of which more than ``percent`` of what stands would change or end."""
        return tuple(
            entity
            for entity in Entity
            if 100 * (self.counts[entity, ChangeKind.CHANGED] + self.counts[entity, ChangeKind.ENDED])
            > percent * self.standing[entity]
        )


def compare(
    content: RosterContent, roster: Roster, past: Iterable[Enrolment] = (), *, on: date, end_missing: bool = False
) -> Comparison:
    """Hold what files say against what stands, on a day of the school.

    ``past``: the enrolments that have ended, at least in the sections of ``content.left``. ``end_missing``: the
    enrolments that complete files do not name end on this day.
    """
    named = {name_of(record) for records in content.records().values() for record in records}
    ended = _ended(content, roster, named, on, end_missing=end_missing)
    ends = {change.name for change in ended}
    written = [
        change
        for records in content.records().values()
        for record in records
        if (change := _written(record, roster.get(name_of(record)), on))
    ]
    changes = (*written, *ended, *_never_seen(content.left, ended, past))
    missing = [name for name in roster if name.entity in content.complete and name not in named | ends]
    return Comparison(
        changes=changes,
        unchanged=_counted(named - {change.name for change in written}),
        missing=tuple(sorted(missing, key=str)),
        standing=_counted(roster),
    )


def _written(record: Record, standing: Standing | None, on: date) -> Change | None:
    """The change that puts the record there; ``None`` when it stands so."""
    before = standing.record if standing else None
    if isinstance(record, Enrolment):
        record = _dated(record, before, on)
    if standing is None:
        return Change(kind=ChangeKind.NEW, before=None, after=record)
    if before == record:
        return None
    return Change(kind=ChangeKind.CHANGED, before=before, after=record, seen=standing.import_id)


def _dated(enrolment: Enrolment, before: Record | None, on: date) -> Enrolment:
    """The enrolment since a day: the one that is said, or that stands; what is new begins on this one."""
    starts_on = enrolment.starts_on
    if starts_on is None:
        starts_on = before.starts_on if isinstance(before, Enrolment) else on
    if starts_on and enrolment.ends_on:
        starts_on = min(starts_on, enrolment.ends_on)
    return replace(enrolment, starts_on=starts_on)


def _ended(
    content: RosterContent, roster: Roster, named: set[RecordName], on: date, *, end_missing: bool
) -> list[Change]:
    """The standing enrolments that end."""
    said = {name_of(enrolment): enrolment for enrolment in content.left}
    courses = {**_courses(standing.record for standing in roster.values()), **_courses(content.sections)}
    complete = Entity.ENROLMENT in content.complete
    taken = {(e.student_id, courses.get(e.section_id)) for e in content.enrolments} if complete else set()
    found = []
    for name, standing in roster.items():
        before = standing.record
        if not isinstance(before, Enrolment) or name in named:
            continue
        gone = before.student_id in content.gone_students or before.section_id in content.gone_sections
        moved = (before.student_id, courses.get(before.section_id)) in taken
        if name in said or gone or moved or (complete and end_missing):
            after = _closed(before, said.get(name, before), on)
            found.append(Change(kind=ChangeKind.ENDED, before=before, after=after, seen=standing.import_id))
    return found


def _courses(records: Iterable[Record]) -> dict[str, tuple[str, int]]:
    """The course and school year of each section among the records."""
    return {
        record.section_id: (record.course_id, record.school_year) for record in records if isinstance(record, Section)
    }


def _closed(before: Enrolment, said: Enrolment, on: date) -> Enrolment:
    """A standing enrolment with the day it ended: the one that is said, or this one, never one to come."""
    ends_on = min(said.ends_on or on, on)
    starts_on = said.starts_on or before.starts_on
    return replace(before, starts_on=min(starts_on, ends_on) if starts_on else None, ends_on=ends_on)


def _never_seen(left: Iterable[Enrolment], ended: Iterable[Change], past: Iterable[Enrolment]) -> Iterator[Change]:
    """What had begun and ended before anybody told us, and is not recorded yet."""
    recorded = {part for change in ended for part in _parts(change.after)} | {p for one in past for p in _parts(one)}
    for enrolment in left:
        if enrolment.ends_on and not recorded & _parts(enrolment):
            yield Change(kind=ChangeKind.ENDED, before=None, after=enrolment)


def _parts(enrolment: Record) -> set[tuple[str, str, str, date]]:
    """By what an ended enrolment is known again: who says no first day may say the last, and the other way round."""
    if not isinstance(enrolment, Enrolment):
        return set()
    days = {"from": enrolment.starts_on, "until": enrolment.ends_on}
    return {(enrolment.section_id, enrolment.student_id, end, day) for end, day in days.items() if day}


def _counted(names: Iterable[RecordName]) -> dict[Entity, int]:
    counts = dict.fromkeys(Entity, 0)
    for name in names:
        counts[name.entity] += 1
    return counts
