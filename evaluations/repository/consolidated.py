"""Consolidated grades as they were last computed.

    SCHOOL#<id>#CONSOLIDATED#<term>#<section>  <student>
    SCHOOL#<id>#CONSOLIDATED#<term>#<section>  SUMMARY    the section was consolidated, from how many evaluations

Each write carries a random ``computation`` and replaces exactly the one its writer had read before it read the
sources: so what stands was always computed from newer sources than what it replaced. A mark is cleared only by whoever
has written the grade it speaks of, so that no older computation can replace it afterwards (ADR 0010).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction
from evaluations.domain.consolidation import Grade
from evaluations.repository.stale_marks import WHOLE_SECTION

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUMMARY = "SUMMARY"  # no student id has capitals


@dataclass(frozen=True)
class ConsolidatedGrade:
    """One student's grade in a section and term, computed from what was there at ``as_of``."""

    term_id: str
    section_id: str
    student_id: str
    grade: Grade
    as_of: datetime
    computation: str
    source_digest: str
    rules_digest: str

    def same_as(self, other: ConsolidatedGrade | None) -> bool:
        """Whether the other says the same from the same sources, whenever it was computed."""
        return (
            other is not None
            and (self.source_digest, self.rules_digest) == (other.source_digest, other.rules_digest)
            and self.grade == other.grade
        )


@dataclass(frozen=True)
class SectionSummary:
    """A section and term as consolidated whole.

    ``evaluations`` of those named count (summaries from before say none: all do); ``weight_total`` is theirs, 100 or
    not.
    """

    term_id: str
    section_id: str
    evaluation_ids: tuple[str, ...]
    weight_total: Decimal
    as_of: datetime
    computation: str
    rules_digest: str
    evaluations: int | None = None

    @property
    def counting(self) -> int:
        """How many evaluations count."""
        return len(self.evaluation_ids) if self.evaluations is None else self.evaluations


@dataclass(frozen=True)
class ConsolidatedSection:
    """What is stored of a section and term: nothing before the first time."""

    summary: SectionSummary | None = None
    grades: dict[str, ConsolidatedGrade] = field(default_factory=dict)


def get_summary(term_id: str, section_id: str) -> SectionSummary | None:
    """The summary of a section and term, ``None`` before the first time. Strongly consistent."""
    found = table.get_item(Key(_partition(term_id, section_id), _SUMMARY))
    return from_attributes(SectionSummary, found) if found else None


def get_section(term_id: str, section_id: str) -> ConsolidatedSection:
    """A section's summary and grades by student id, in one query for up to 99 students. Strongly consistent."""
    items = list(table.query_all(table.Query(_partition(term_id, section_id), consistent=True)))
    summary = next((from_attributes(SectionSummary, item) for item in items if item["sk"] == _SUMMARY), None)
    found = [from_attributes(ConsolidatedGrade, item) for item in items if item["sk"] != _SUMMARY]
    return ConsolidatedSection(summary, {grade.student_id: grade for grade in found})


def get_of_student(places: Iterable[tuple[str, str]], student_id: str) -> dict[tuple[str, str], ConsolidatedSection]:
    """One student's part of each (term, section): in one batch read for up to 50. Strongly consistent."""
    found = {place: ConsolidatedSection() for place in places}
    keys = [Key(_partition(*place), position) for place in found for position in (_SUMMARY, student_id)]
    for item in table.get_items(keys, consistent=True):
        place = (item["term_id"], item["section_id"])
        if item["sk"] == _SUMMARY:
            found[place] = ConsolidatedSection(from_attributes(SectionSummary, item), found[place].grades)
        else:
            found[place].grades[student_id] = from_attributes(ConsolidatedGrade, item)
    return found


def put_grade(transaction: Transaction, grade: ConsolidatedGrade, *, replaces: ConsolidatedGrade | None) -> None:
    """Write the grade in the place of the one read before, under the student's id.

    Fails when another stands there: somebody else has computed it meanwhile.
    """
    item = {
        "pk": _partition(grade.term_id, grade.section_id),
        "sk": grade.student_id,
        "entity": "consolidated_grade",
        **to_attributes(grade),
    }
    transaction.put(item, _still(replaces), name=grade.student_id)


def put_summary(transaction: Transaction, summary: SectionSummary, *, replaces: SectionSummary | None) -> None:
    """Write the summary in the place of the one read before, as ``WHOLE_SECTION``. Fails like ``put_grade``."""
    item = {
        "pk": _partition(summary.term_id, summary.section_id),
        "sk": _SUMMARY,
        "entity": "consolidated_section",
        **to_attributes(summary),
    }
    transaction.put(item, _still(replaces), name=WHOLE_SECTION)


def _still(replaced: ConsolidatedGrade | SectionSummary | None) -> Condition:
    return Condition("computation = :seen", {":seen": replaced.computation}) if replaced else NOT_THERE


def _partition(term_id: str, section_id: str) -> str:
    return school_partition("CONSOLIDATED", term_id, section_id)
