"""A digest can be proved from what the table gives back, and from nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu.audit import digest_of, new_salt
from edu.dynamo.mapping import from_attributes, from_item, to_attributes, to_item
from evaluations.domain.evaluation import Evaluation, EvaluationKind


def _evaluation(weight: str) -> Evaluation:
    return Evaluation(
        evaluation_id="e1",
        section_id="mat-5a",
        course_id="mat-5",
        term_id="t1",
        kind=EvaluationKind.EXAM,
        title="Fracciones",
        weight=Decimal(weight),
        held_on=date(2026, 3, 2),
        version=1,
        created_by="teacher",
        created_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("weight", ["25.00", "25", "12.50", "12.5", "0.01", "1E+1"])
def test_digest_is_the_same_from_the_record_and_from_the_table(weight: str) -> None:
    """The table drops trailing zeros."""
    written = to_attributes(_evaluation(weight))
    normalized = to_item(written) | {"weight": {"N": f"{Decimal(weight).normalize():f}"}}
    read = to_attributes(from_attributes(Evaluation, from_item(normalized)))
    assert digest_of(written, "salt") == digest_of(read, "salt") == digest_of(from_item(normalized), "salt")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": Decimal("1.1")}, {"a": Decimal("1.10000000000000000000000000000000000001")}),
        ({"a": b"x"}, {"a": "x"}),
    ],
)
def test_any_difference_changes_the_digest(one: dict[str, object], other: dict[str, object]) -> None:
    assert digest_of(one, "salt") != digest_of(other, "salt")


@given(st.dictionaries(st.text(), st.text() | st.integers(-(10**30), 10**30), max_size=6))
def test_order_of_attributes_does_not_matter_and_the_salt_does(record: dict[str, object]) -> None:
    backwards = dict(reversed(record.items()))
    assert digest_of(record, "salt") == digest_of(backwards, "salt")
    assert digest_of(record, "salt") != digest_of(record, "another")


def test_salts_are_long_and_new() -> None:
    assert len({new_salt() for _ in range(100)}) == 100
    assert len(new_salt()) == 32
