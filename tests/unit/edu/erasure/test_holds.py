"""What a legal hold covers, as long as it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edu.erasure import holds
from edu.erasure.errors import InvalidHoldError
from edu.erasure.holds import LegalHold
from edu.identity.principal import Principal, Role

AT = datetime(2026, 11, 30, tzinfo=UTC)
HOLD = LegalHold(hold_id="hold-1", placed_at=AT, placed_by="op-1")


def test_a_hold_of_all_covers_everybody_and_every_month_until_it_is_released() -> None:
    assert HOLD.covers_student("anybody")
    assert HOLD.covers_month("2024-01")
    released = replace(HOLD, released_at=AT)
    assert not released.covers_student("anybody")
    assert not released.covers_month("2024-01")


def test_a_hold_of_some_months_covers_these_both_ends_included() -> None:
    some = replace(HOLD, first="2025-03", last="2025-05")
    assert [month for month in ("2025-02", "2025-03", "2025-05", "2025-06") if some.covers_month(month)] == [
        "2025-03",
        "2025-05",
    ]
    assert replace(HOLD, first="2025-03").covers_month("2030-01")
    assert replace(HOLD, last="2025-03").covers_month("2024-01")


def test_a_students_hold_covers_that_student_and_the_months_whole() -> None:
    own = replace(HOLD, student_id="est-1")
    assert own.covers_student("est-1")
    assert not own.covers_student("est-2")
    assert own.covers_month("2025-01")


@pytest.mark.parametrize(
    ("reason", "first", "last"),
    [
        *((" ", "", ""), ("x" * 501, "", ""), ("a\nb", "", "")),
        *(("why", "2025-13", ""), ("why", "", "25-01"), ("why", "2025-05", "2025-04"), ("why", "2025-1", "")),
    ],
)
def test_a_hold_without_a_reason_or_with_months_that_are_none_is_refused(reason: str, first: str, last: str) -> None:
    with pytest.raises(InvalidHoldError):
        holds.place_hold(actor=Principal("op-1", Role.PLATFORM_OPERATOR, None), reason=reason, first=first, last=last)
