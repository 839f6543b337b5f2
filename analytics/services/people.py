"""The students of the school in scope by their pseudonyms: who is meant by a row of the lake."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from analytics.queries.questions import Person
from edu import memory
from edu.pseudonyms import standing_pseudonyms_of
from evaluations import services as evaluations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edu.identity.principal import Principal

_REMEMBERED: Final = "analytics:people"


def people_of_school(actor: Principal) -> Mapping[str, Person]:
    """Everybody with a place in a section that the actor may see, as of five minutes ago at most.

    For who sees the whole school: what is remembered is the same for all of them. Two calls to the table a section.
    """
    found: Mapping[str, Person] = memory.remembered(_REMEMBERED, lambda: _people(actor, _section_ids(actor)))
    return found


def people_of_section(actor: Principal, section_id: str) -> Mapping[str, Person]:
    """Everybody with a place in the section.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
    """
    return _people(actor, [section_id])


def _section_ids(actor: Principal) -> list[str]:
    return [section.section_id for section in evaluations.list_sections(actor=actor)]


def _people(actor: Principal, section_ids: Iterable[str]) -> dict[str, Person]:
    places: dict[str, set[str]] = defaultdict(set)
    for section_id in section_ids:
        for student in evaluations.list_section_students(actor=actor, section_id=section_id):
            places[student.student_id].add(section_id)
    pseudonyms = standing_pseudonyms_of(places)
    return {name: Person(student_id, frozenset(places[student_id])) for student_id, name in pseudonyms.items()}
