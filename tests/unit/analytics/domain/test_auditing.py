"""What is found when the lake's rows are held against those that the table wrote."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.domain.auditing import LISTED, Fault, Findings, compare, is_same, refill_of
from analytics.domain.datasets import Dataset
from analytics.domain.lineage import REFILL, rank_of
from analytics.domain.schemas import columns_of

EVENTS, GRADES = Dataset.EVENTS, Dataset.GRADES


def event(number: int, **more: Any) -> dict[str, Any]:
    row = {"school_id": "norte", "event_id": f"e{number}", "student_pseudonym": "a", "kind": "late", "value": ""}
    return {**row, "occurred_at_epoch_s": 1, "arrived_at_epoch_s": 2, "arrived_at_ms": 2000, **more}


def evaluation(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"school_id": "norte", "evaluation_id": "ev", "student_pseudonym": "", "section_id": "5a"}
    row |= {"course_id": "mat", "term_id": "t1", "kind": "exam", "value": "", "state": "standing", "version": 1}
    row |= {"recorded_at_epoch_s": 1, "entity": "evaluation", "late": 0, "purpose": "summative", "weight": "25"}
    return {**row, "held_on": "2026-03-01", "scale_id": "", **more}


def delivered(row: dict[str, Any], sequence: str = "100") -> dict[str, Any]:
    stream = {"change_id": f"c{sequence}", "op": "INSERT", "schema_version": 2, "changed_at_epoch_s": 3.5}
    return {**row, **stream, "sequence": sequence}


def test_same_rows_close() -> None:
    rows = [event(number) for number in range(3)]
    compared = compare(EVENTS, rows, [delivered(row) for row in reversed(rows)])
    assert compared.findings.is_closed
    assert (compared.findings.rows, compared.findings.expected) == (3, 3)
    assert (compared.lacking, compared.sourceless) == ([], [])


def test_missing_row_is_named_and_lacking() -> None:
    compared = compare(EVENTS, [event(1), event(2)], [delivered(event(2))])
    assert not compared.findings.is_closed
    assert compared.findings.named == {Fault.MISSING: [("a", "e1")]}
    assert [row["event_id"] for row in compared.lacking] == ["e1"]


def test_doubled_row_is_named_and_misleads_nobody() -> None:
    compared = compare(EVENTS, [event(1)], [delivered(event(1)), delivered(event(1), "99")])
    assert compared.findings.named == {Fault.DOUBLED: [("a", "e1")]}
    assert compared.findings.is_closed


def test_row_that_says_something_else_is_stale_and_its_refill_counts_before_it() -> None:
    wrong = delivered(event(1, value="7"))
    compared = compare(EVENTS, [event(1)], [wrong])
    assert compared.findings.named == {Fault.STALE: [("a", "e1")]}
    (refill,) = compared.lacking
    assert rank_of(EVENTS, refill) < rank_of(EVENTS, wrong)
    assert compare(EVENTS, [event(1)], [wrong, refill]).findings.is_closed


def test_stale_row_that_a_refill_would_not_beat_is_named_only() -> None:
    compared = compare(EVENTS, [event(1)], [delivered(event(1, arrived_at_ms=1999))])
    assert compared.findings.counts == {Fault.STALE: 1}
    assert compared.lacking == []


def test_row_that_was_not_expected_is_left_to_the_caller() -> None:
    compared = compare(EVENTS, [], [delivered(event(1))])
    assert compared.findings.is_closed
    assert [row["event_id"] for row in compared.sourceless] == ["e1"]


@pytest.mark.parametrize("row", [event(1), evaluation()])
def test_refill_has_every_column_and_none_of_the_streams(row: dict[str, Any]) -> None:
    dataset = EVENTS if "event_id" in row else GRADES
    refill = refill_of(dataset, row)
    assert list(refill) == [column.name for column in columns_of(dataset)]
    assert (refill["op"], refill["sequence"], refill["change_id"]) == (REFILL, "", "")
    assert refill == refill_of(dataset, row)


def test_older_schemas_row_is_not_stale_for_what_it_does_not_know() -> None:
    known = {column.name for column in columns_of(GRADES, 1)}
    old = {name: value if name in known else None for name, value in delivered(evaluation()).items()}
    assert is_same(GRADES, evaluation(), old)
    assert not is_same(GRADES, evaluation(), old | {"section_id": "5b"})


def test_weight_is_compared_as_a_number() -> None:
    assert is_same(GRADES, evaluation(), delivered(evaluation(weight="25.00")))
    assert not is_same(GRADES, evaluation(), delivered(evaluation(weight="25.01")))
    assert not is_same(GRADES, evaluation(), delivered(evaluation(weight="")))


def test_evaluation_deleted_since_is_no_contradiction_but_a_lost_deletion_is() -> None:
    standing, deleted = evaluation(), evaluation(state="deleted")
    assert is_same(GRADES, standing, delivered(deleted))
    assert not is_same(GRADES, deleted, delivered(standing))
    assert compare(GRADES, [deleted], [delivered(standing)]).lacking[0]["state"] == "deleted"


def test_all_are_counted_and_the_first_are_named() -> None:
    whole = Findings()
    for start in (0, 80):
        whole.take(compare(EVENTS, [event(number) for number in range(start, start + 80)], []).findings)
    assert whole.counts[Fault.MISSING] == whole.expected == 160
    assert len(whole.named[Fault.MISSING]) == LISTED
