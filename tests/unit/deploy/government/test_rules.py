"""The simulated government's own rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.government.faults import read_fault
from deploy.government.grades import Rules, is_grade, refusal_of
from deploy.government.limit import RollingLimit, most_in_a_window
from deploy.government.script import Script

GRADE: dict[str, Any] = {
    "evaluation_id": "e",
    "student_id": "s",
    "course_id": "c",
    "version": 2,
    "state": "recorded",
    "value": "5.5",
}


@given(st.lists(st.integers(0, 400_000_000), max_size=60))
def test_limit_lets_two_pass_in_any_second(gaps_ns: list[int]) -> None:
    limit, at_ns, passed = RollingLimit(), 0, []
    for gap_ns in gaps_ns:
        at_ns += gap_ns
        if limit.lets_through(at_ns):
            passed.append(at_ns)
    assert all(third - first >= 1_000_000_000 for first, third in zip(passed, passed[2:], strict=False))


def test_limit_does_not_count_what_it_turned_away() -> None:
    limit = RollingLimit()
    assert [limit.lets_through(n) for n in (0, 1, 2, 500_000_000, 1_000_000_000)] == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("changes", "held", "reason"),
    [
        ({}, None, ""),
        ({"value": "ñ/3"}, None, ""),
        ({"state": "absent", "value": None}, None, ""),
        ({"state": "cancelled", "value": None}, None, ""),
        ({"state": "cancelled"}, None, "malformed_value"),
        ({"student_id": "refused"}, None, "unknown_student"),
        ({"course_id": "C"}, None, "malformed_id"),
        ({"state": "absent"}, None, "malformed_value"),
        ({"value": None}, None, "malformed_value"),
        ({"state": "sick"}, None, "malformed_value"),
        ({"version": 0}, None, "malformed_version"),
        ({}, GRADE, ""),
        ({}, GRADE | {"version": 1, "value": "1.0"}, ""),
        ({}, GRADE | {"version": 3}, "stale_version"),
        ({}, GRADE | {"value": "1.0"}, "version_reused"),
    ],
)
def test_grade_is_taken_or_refused_with_its_reason(
    changes: dict[str, Any], held: dict[str, Any] | None, reason: str
) -> None:
    assert is_grade(GRADE | changes)
    assert refusal_of(GRADE | changes, held, Rules({"refused": "unknown_student"})) == reason


@pytest.mark.parametrize(
    "value", [None, [], {}, GRADE | {"version": True}, GRADE | {"version": "1"}, GRADE | {"value": 5}]
)
def test_what_is_no_grade_is_told_apart(value: object) -> None:
    assert not is_grade(value)


def test_faults_come_once_each_and_in_order() -> None:
    script = Script()
    script.load({"faults": [{"action": "status", "on": "submit", "times": 2}, {"action": "drop", "status": 1}]})
    taken = [script.next_for("ask"), *(script.next_for("submit") for _ in range(3))]
    assert [fault.action if fault else None for fault in taken] == ["drop", "status", "status", None]


def test_poison_is_found_among_a_batchs_students_until_it_is_cleared() -> None:
    script = Script()
    script.load({"poison": {"s-2": 413}})
    assert [script.poison_of(["s-1", "s-2"]), script.poison_of(["s-1"])] == [413, None]
    script.clear()
    assert script.poison_of(["s-2"]) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "explode"},
        {"action": "drop", "on": "x"},
        {"action": "drop", "times": 0},
        {"action": "status", "body": "text"},
    ],
)
def test_malformed_fault_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match="malformed"):
        read_fault(fields)


@given(st.lists(st.integers(0, 5_000_000_000), max_size=40))
def test_most_in_a_window_is_what_counting_finds(instants_ns: list[int]) -> None:
    counted = max((sum(0 <= at - begin < 1_000_000_000 for at in instants_ns) for begin in instants_ns), default=0)
    assert most_in_a_window(instants_ns) == counted


def test_requests_a_window_apart_are_not_in_one() -> None:
    assert most_in_a_window([0, 1, 1_000_000_000]) == 2
    assert most_in_a_window([0, 1, 999_999_999]) == 3
