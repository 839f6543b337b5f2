"""What consolidated grades are computed from: a term's evaluations of a section, as they are at this moment.

The index that lists a section's evaluations is a moment behind the table, and an evaluation whose day changes moves in
it, so that a reader of its pages may miss it: the index only says which there may be; so do the stale marks and the
last summary. The evaluations themselves are then read from the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.mapping import from_attributes
from evaluations.domain.evaluation import Evaluation
from evaluations.repository import consolidated, stale_marks, stored_evaluations
from evaluations.repository.keys import evaluation_key, section_index

if TYPE_CHECKING:
    from collections.abc import Iterable


def list_known_ids(term_id: str, section_id: str) -> set[str]:
    """The ids of all the term's evaluations of a section, those deleted perhaps among them. Strongly consistent.

    Whoever sets an evaluation names it in the section's stale mark, in the same transaction; a mark goes only after a
    summary that names the evaluation too. So the marks are read first, and then the summary. One query and one read.
    """
    marked = {found for mark in stale_marks.list_stale(term_id, section_id) for found in mark.evaluation_ids}
    summary = consolidated.get_summary(term_id, section_id)
    return marked | set(summary.evaluation_ids if summary else ())


def list_evaluations(term_id: str, section_id: str, *, known: Iterable[str]) -> list[Evaluation]:
    """The term's evaluations of a section, by date: those the index lists and those of the ``known`` ids that exist.

    One query and one batch read for up to 100 evaluations. Strongly consistent for the known ones.
    """
    ids = set(known)
    listing = table.Query(section_index(section_id), index=True)
    ids |= {item["evaluation_id"] for item in table.query_all(listing) if item["term_id"] == term_id}
    keys = [evaluation_key(evaluation_id) for evaluation_id in sorted(ids)]
    standing = [item for item in table.get_items(keys, consistent=True) if not stored_evaluations.is_deleted(item)]
    evaluations = [from_attributes(Evaluation, item) for item in standing if item["term_id"] == term_id]
    return sorted(evaluations, key=lambda evaluation: (evaluation.held_on, evaluation.evaluation_id))
