"""A section's scores in a term, a page at a time, by keys alone.

No key holds them together, but all of their keys are known: the term's evaluations, which the index lists, times the
section's students. Those are read in batches, so a page costs one query and one batch for each 100 of its places
(and a query for each 50 evaluations of other terms on the way).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from edu.dynamo import cursors, table
from edu.dynamo.pages import Page
from evaluations.repository import stored_scores
from evaluations.repository.keys import section_index
from evaluations.repository.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.domain.evaluation import Score

_EVALUATION, _STUDENT = "evaluation", "student"
_FIRST, _LAST = "0", "~"  # before and after every day


def list_of_section(
    section_id: str,
    *,
    term_id: str,
    student_ids: Iterable[str],
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Page[Score]:
    """The scores of these students in the term's evaluations: latest evaluation first, by student id.

    ``limit`` counts places of the grade book, of which some are empty: a page may have fewer scores, even none, with
    more to come. The evaluations are eventually consistent, the scores strongly.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    students, partition = sorted(student_ids), section_index(section_id)
    listing = f"{partition}|scores|{term_id}"
    after = cursors.open_cursor(cursor, query=listing) if cursor else {}
    if not students:
        return Page([], None)
    enough = limit // len(students) + 2  # the first may be all behind the cursor, and one more shows that there is more
    days = (_FIRST, after.get(_EVALUATION, _LAST))
    query = table.Query(partition, between=days, index=True, descending=True, limit=max(enough, PAGE_SIZE))
    evaluations = islice((item for item in table.query_all(query) if item["term_id"] == term_id), enough)
    places = [
        (item["gsi1sk"], item["evaluation_id"], student_id)
        for item in evaluations
        for student_id in students
        if item["gsi1sk"] != after.get(_EVALUATION) or student_id > after[_STUDENT]
    ]
    here = [(evaluation_id, student_id) for _, evaluation_id, student_id in places[:limit]]
    order = {place: position for position, place in enumerate(here)}
    scores = sorted(stored_scores.get_scores(here), key=lambda score: order[score.evaluation_id, score.student_id])
    if len(places) <= limit:
        return Page(scores, None)
    position, _, student_id = places[limit - 1]
    return Page(scores, cursors.seal_cursor({_EVALUATION: position, _STUDENT: student_id}, query=listing))
