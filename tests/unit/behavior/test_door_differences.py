"""The differences of the two event doors: each is named, has a reason and a case, and stands in the documentation."""

from __future__ import annotations

from django.conf import settings

from tests.integration.behavior.door_cases import CASES, DIFFERENCES, LIMITS, METHOD, WORDS

TESTED_BY_THEMSELVES = (WORDS, LIMITS, METHOD)


def test_case_differs_exactly_where_it_names_a_difference() -> None:
    assert all((case.by is None) == (case.door == case.at_the_gateway) for case in CASES)


def test_difference_has_a_case() -> None:
    named = {case.by.name for case in CASES if case.by} | {difference.name for difference in TESTED_BY_THEMSELVES}
    assert named == {difference.name for difference in DIFFERENCES}


def test_documentation_tells_the_same_differences() -> None:
    text = (settings.BASE_DIR / "docs" / "EVENT-DOORS.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert rows == [f"| **{one.name}** | {one.door} | {one.gateway} | {one.reason} |" for one in DIFFERENCES]
