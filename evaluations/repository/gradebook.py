"""A section's scores in a term, a page at a time, by keys alone.

No key holds them together, but all of their keys are known: the term's evaluations, which the index lists, times the
section's students. Those are read in batches, so a page costs one query and one batch for each 100 places that it goes
through (and a query for each 50 evaluations of other terms on the way).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from edu.dynamo import cursors, table
from edu.dynamo.pages import Page
from evaluations.repository import stored_scores
from evaluations.repository.keys import section_index
from evaluations.repository.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from evaluations.domain.evaluation import Score

_EVALUATION, _STUDENT = "evaluation", "student"
_FIRST, _LAST = "0", "~"  # before and after every day
_BATCH_PLACES, _MOST_BATCHES = 100, 20


class _Place(NamedTuple):
    """A student's place in an evaluation, graded or not; ``position`` is the evaluation's in the index."""

    position: str
    evaluation_id: str
    student_id: str


def list_of_section(
    section_id: str,
    *,
    term_id: str,
    student_ids: Iterable[str],
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Page[Score]:
    """The scores of these students in the term's evaluations: latest evaluation first, by student id.

    A page of fewer scores than ``limit`` is the last one, but for the bound: after 2,000 places it ends where it
    stands, and the cursor goes on from there. The evaluations are eventually consistent, the scores strongly.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    students, partition = sorted(student_ids), section_index(section_id)
    listing = f"{partition}|scores|{term_id}"
    after = cursors.open_cursor(cursor, query=listing) if cursor else {}
    if not students:
        return Page([], None)
    places = _places(partition, term_id, students, after)
    graded: list[tuple[_Place, Score]] = []
    for _batch in range(_MOST_BATCHES):
        here = list(islice(places, _BATCH_PLACES))
        graded += _graded(here)
        if len(graded) > limit or len(here) < _BATCH_PLACES:
            break
    last = _last_of_page(graded, here, limit)
    goes_on = {_EVALUATION: last.position, _STUDENT: last.student_id} if last else None
    return Page(
        [score for _, score in graded[:limit]], cursors.seal_cursor(goes_on, query=listing) if goes_on else None
    )


def _last_of_page(graded: Sequence[tuple[_Place, Score]], here: Sequence[_Place], limit: int) -> _Place | None:
    """After which place the next page begins; ``None`` where all places have been gone through."""
    if len(graded) > limit:
        return graded[limit - 1][0]
    return here[-1] if len(here) == _BATCH_PLACES else None


def _places(partition: str, term_id: str, students: Sequence[str], after: dict[str, str]) -> Iterator[_Place]:
    """The grade book's places behind the one that the cursor names, as they are asked for."""
    days = (_FIRST, after.get(_EVALUATION, _LAST))
    query = table.Query(partition, between=days, index=True, descending=True, limit=PAGE_SIZE)
    for item in table.query_all(query):
        if item["term_id"] != term_id:
            continue
        for student_id in students:
            if item["gsi1sk"] != after.get(_EVALUATION) or student_id > after[_STUDENT]:
                yield _Place(item["gsi1sk"], item["evaluation_id"], student_id)


def _graded(places: Sequence[_Place]) -> list[tuple[_Place, Score]]:
    """The places that have a score, with it, in the same order."""
    found = stored_scores.get_scores([(place.evaluation_id, place.student_id) for place in places])
    scores = {(score.evaluation_id, score.student_id): score for score in found}
    return [
        (place, scores[place.evaluation_id, place.student_id])
        for place in places
        if (place.evaluation_id, place.student_id) in scores
    ]
