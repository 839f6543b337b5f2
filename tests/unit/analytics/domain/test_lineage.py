"""Which of several rows about the same thing counts."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.domain.datasets import Dataset
from analytics.domain.lineage import identity_of, rank_of


def event(arrived_at_ms: int | None, sequence: str | None, **more: Any) -> dict[str, Any]:
    arrived_s = more.pop("arrived_at_epoch_s", (arrived_at_ms or 0) // 1000)
    found = {"student_pseudonym": "p", "event_id": "e", "arrived_at_epoch_s": arrived_s, "change_id": "c"}
    return found | {"arrived_at_ms": arrived_at_ms, "sequence": sequence} | more


def score(sequence: str, **more: Any) -> dict[str, Any]:
    found = {"entity": "score", "evaluation_id": "v", "student_pseudonym": "p", "version": 1, "state": "recorded"}
    return found | {"sequence": sequence, "change_id": "c"} | more


def first_of(dataset: Dataset, *rows: dict[str, Any]) -> dict[str, Any]:
    return min(rows, key=lambda row: rank_of(dataset, row))


def test_event_that_arrived_first_counts_whatever_the_stream_says() -> None:
    early, late = event(1_000, "900"), event(2_000, "100")
    assert first_of(Dataset.EVENTS, late, early) is early


def test_of_one_millisecond_the_lower_sequence_counts_and_the_shorter_is_lower() -> None:
    lower, higher = event(1_000, "99"), event(1_000, "100")
    assert first_of(Dataset.EVENTS, higher, lower) is lower


def test_row_of_schema_1_knows_the_second_of_its_arrival() -> None:
    old, new = event(None, None, arrived_at_epoch_s=5), event(5_001, "1")
    assert first_of(Dataset.EVENTS, new, old) is old


def test_events_of_two_students_under_one_id_are_two() -> None:
    assert identity_of(Dataset.EVENTS, event(1, "1")) != identity_of(
        Dataset.EVENTS, event(1, "1", student_pseudonym="q")
    )


def test_versions_of_a_score_are_rows_of_their_own() -> None:
    assert identity_of(Dataset.GRADES, score("1")) != identity_of(Dataset.GRADES, score("1", version=2))


@pytest.mark.parametrize("entity", [None, "", "score"])
def test_row_without_an_entity_is_a_score(entity: str | None) -> None:
    assert identity_of(Dataset.GRADES, score("1", entity=entity)) == ("score", "v", "p", 1)


def test_refilled_row_goes_before_the_streams() -> None:
    refilled, streamed = score(""), score("1")
    assert first_of(Dataset.GRADES, streamed, refilled) is refilled


def test_deletion_of_an_evaluation_counts_before_its_version() -> None:
    stands = score("1", entity="evaluation", state="standing")
    deleted = score("200", entity="evaluation", state="deleted")
    assert first_of(Dataset.GRADES, stands, deleted) is deleted
