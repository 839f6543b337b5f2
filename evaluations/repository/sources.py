"""What consolidated grades are computed from: a term's evaluations of a section, as they are at this moment.

The index that lists a section's evaluations is a moment behind the table, so it only says which there may be; so do the
stale marks and the last summary. The evaluations themselves are then read from the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes
from evaluations.domain.evaluation import Evaluation
from evaluations.repository import heads

if TYPE_CHECKING:
    from collections.abc import Iterable


def list_evaluations(term_id: str, section_id: str, *, known: Iterable[str]) -> list[Evaluation]:
    """The term's evaluations of a section, by date: those the index lists and those of the ``known`` ids that exist.

    One query and one batch read for up to 100 evaluations. Strongly consistent for the known ones.
    """
    ids = set(known)
    listing = table.Query(school_partition("SECTION", section_id), index=True)
    ids |= {item["evaluation_id"] for item in table.query_all(listing) if item["term_id"] == term_id}
    keys = [Key(school_partition("EVALUATION", evaluation_id), "HEAD") for evaluation_id in sorted(ids)]
    standing = [item for item in table.get_items(keys, consistent=True) if not heads.is_deleted(item)]
    evaluations = [from_attributes(Evaluation, item) for item in standing if item["term_id"] == term_id]
    return sorted(evaluations, key=lambda evaluation: (evaluation.held_on, evaluation.evaluation_id))
