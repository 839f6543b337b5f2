"""Marks of what the government is owed: counted whole, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import to_attributes
from evaluations.repository.pending_scores import PendingScore
from evaluations.services import list_pending_marks
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes

MARKS = 1500
PADDING = "x" * 800  # more than one answer of DynamoDB holds, without thousands of items


def item(number: int) -> Attributes:
    mark = PendingScore(f"e-{number:05d}", "student", OPEN_TERM, 1)
    key = Key(school_partition("PENDING", OPEN_TERM), joined(mark.evaluation_id, mark.student_id))
    return {**key.as_attributes(), "entity": "pending_score", "padding": PADDING, **to_attributes(mark)}


@pytest.mark.usefixtures("in_school")
def test_marks_are_listed_over_a_megabyte_and_up_to_the_limit() -> None:
    table.write_batch(table.BatchWrite(puts=[item(number) for number in range(MARKS)]))
    assert len(list_pending_marks(term_id=OPEN_TERM, limit=100_000)) == MARKS
    assert len(list_pending_marks(term_id=OPEN_TERM, limit=10)) == 10
