"""The records of a school's roster as imports read and write them; the keys are those of ``roster``.

Each record names the import that wrote it (``import_id``), so that a write can require that what it replaces is what it
was compared with, and a second try knows what the first has done. Who teaches a section beside its teacher is not for
an import to say (``section_teachers``): it is neither read nor written here, and stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, THERE, Condition, Transaction
from evaluations.domain.roster import KINDS, Entity, RecordName, Roster, Standing, name_of
from evaluations.domain.roster_changes import Change, ChangeKind
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher
from evaluations.repository import roster
from evaluations.repository.section_teachers import OWN, TEACHERS_VERSION, WAS_ASSIGNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edu.dynamo.mapping import Attributes
    from evaluations.domain.roster import Record

_IMPORT = "import_id"
_PAGE = 500
PAST = "past_enrolment"


def read_roster() -> Roster:
    """All that stands in the school: a query for each kind and one for each section. Strongly consistent."""
    found: dict[RecordName, Standing] = {}
    for entity in (Entity.COURSE, Entity.TEACHER, Entity.SECTION, Entity.STUDENT):
        found |= _listed(entity, _partition(entity))
    for name in [name for name in found if name.entity is Entity.SECTION]:
        found |= _listed(Entity.ENROLMENT, _partition(Entity.ENROLMENT, *name.ids))
    return found


def find_standing(changes: Iterable[Change]) -> Roster:
    """What stands of the records that the changes are about. Strongly consistent."""
    return find_records(change.name for change in changes)


def find_records(names: Iterable[RecordName]) -> Roster:
    """Those of the records that stand. Strongly consistent."""
    by_key = {_key(name): name for name in names}
    found = table.get_items(list(by_key), consistent=True)
    by_name = [(by_key[Key(item["pk"], item["sk"])], item) for item in found]
    return {name: _standing(name.entity, item) for name, item in by_name}


def find_ended(changes: Iterable[Change], import_id: str) -> set[RecordName]:
    """Those of an import's ended enrolments that are recorded as such. Strongly consistent."""
    names = {
        _past_key(change.after, import_id): change.name
        for change in changes
        if change.kind is ChangeKind.ENDED and isinstance(change.after, Enrolment)
    }
    return {names[Key(item["pk"], item["sk"])] for item in table.get_items(list(names), consistent=True)}


def has_places(student_id: str) -> bool:
    """Whether a student is or was in a section: what the index says is looked up, for it may be a moment behind."""
    indexes = (school_partition("ATTENDS", student_id), school_partition("ATTENDED", student_id))
    listed = [item for index in indexes for item in table.query_all(table.Query(index, index=True))]
    return bool(table.get_items([Key(item["pk"], item["sk"]) for item in listed], consistent=True))


def actions_of(change: Change) -> int:
    """How many actions of a transaction the change takes."""
    return 2 if change.kind is ChangeKind.ENDED and change.before else 1


def add_change(transaction: Transaction, change: Change, import_id: str) -> None:
    """Write the change, provided that what stands is what it was compared with; the actions' name is the record's."""
    if change.kind is not ChangeKind.ENDED:
        _add_record(transaction, change.after, import_id, _still(change))
        return
    if change.before is not None:
        transaction.delete(_key(change.name), _still(change), name=change.name)
    transaction.put(_past_item(change.after, import_id), NOT_THERE, name=(change.name, PAST))


def add_undoing(transaction: Transaction, change: Change, import_id: str) -> None:
    """Put back what stood before the change, provided that the change still stands."""
    own = Condition(f"{_IMPORT} = :import_id", {":import_id": import_id})
    if change.kind is ChangeKind.ENDED:
        transaction.delete(_past_key(change.after, import_id), own, name=(change.name, PAST))
        if change.before is not None:
            transaction.put(_item(change.before, change.seen), NOT_THERE, name=change.name)
    elif change.before is None:
        transaction.delete(_key(change.name), _unshared(own, change.after), name=change.name)
    else:
        _add_record(transaction, change.before, change.seen, own)


def _add_record(transaction: Transaction, record: Record, import_id: str, condition: Condition) -> None:
    """Put a record; of a section that stands, only what is an import's to say."""
    item, name = _item(record, import_id), name_of(record)
    if not isinstance(record, Section) or condition is NOT_THERE:
        transaction.put(item, condition, name=name)
        return
    key = _key(name)
    said = {attribute: value for attribute, value in item.items() if attribute not in key.as_attributes()}
    expression = "SET " + ", ".join(f"#{attribute} = :new_{attribute}" for attribute in said)
    expression += "" if _IMPORT in said else f" REMOVE {_IMPORT}"
    names = {f"#{attribute}": attribute for attribute in said}
    values = {f":new_{attribute}": value for attribute, value in said.items()}
    transaction.update(key, expression, values, replace(condition, names=names), name=name)


def _unshared(condition: Condition, record: Record) -> Condition:
    """The condition; and of a section that nobody was assigned to it, of a teacher that they were assigned to none."""
    match record:
        case Section():
            mark = TEACHERS_VERSION
        case Teacher():
            mark = WAS_ASSIGNED
        case _:
            return condition
    return replace(condition, expression=f"{condition.expression} AND attribute_not_exists({mark})")


def _still(change: Change) -> Condition:
    """What the change was compared with still stands."""
    if change.before is None:
        return NOT_THERE
    if not change.seen:
        return Condition(f"{THERE.expression} AND attribute_not_exists({_IMPORT})")
    return Condition(f"{_IMPORT} = :seen", {":seen": change.seen})


def _listed(entity: Entity, partition: str) -> dict[RecordName, Standing]:
    query = table.Query(partition, consistent=True, limit=_PAGE)
    standing = [_standing(entity, item) for item in table.query_all(query)]
    return {name_of(one.record): one for one in standing}


def _standing(entity: Entity, item: Mapping[str, Any]) -> Standing:
    said = {name: value for name, value in item.items() if name not in OWN}
    return Standing(from_attributes(KINDS[entity], said), item.get(_IMPORT, ""))


def _partition(entity: Entity, *ids: str) -> str:
    return school_partition(entity.upper(), *ids)


def _key(name: RecordName) -> Key:
    *partition, last = name.ids
    return Key(_partition(name.entity, *partition), last)


def _past_key(enrolment: Record, import_id: str) -> Key:
    section_id, student_id = name_of(enrolment).ids
    return Key(school_partition("PAST_ENROLMENT", section_id), joined(student_id, _last_day(enrolment), import_id))


def _last_day(enrolment: Record) -> str:
    return enrolment.ends_on.isoformat() if isinstance(enrolment, Enrolment) and enrolment.ends_on else "-"


def _past_item(enrolment: Record, import_id: str) -> Attributes:
    section_id, student_id = name_of(enrolment).ids
    index = {
        "gsi1pk": school_partition("ATTENDED", student_id),
        "gsi1sk": joined(_last_day(enrolment), section_id),
    }
    key = _past_key(enrolment, import_id).as_attributes()
    return {**key, "entity": PAST, **to_attributes(enrolment), _IMPORT: import_id} | index


def _item(record: Record, import_id: str) -> Attributes:
    name = name_of(record)
    item = {**_key(name).as_attributes(), "entity": str(name.entity), **to_attributes(record)}
    return item | _index(record) | ({_IMPORT: import_id} if import_id else {})


def _index(record: Record) -> dict[str, str]:
    match record:
        case Student():
            name = roster.folded(f"{record.family_name} {record.given_name}")
            return {"gsi1pk": school_partition("STUDENT_NAME"), "gsi1sk": joined(name, record.student_id)}
        case Enrolment():
            return {"gsi1pk": school_partition("ATTENDS", record.student_id), "gsi1sk": record.section_id}
        case Course() | Teacher() | Section():
            return {}
