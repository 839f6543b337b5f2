"""A reader's place in the log: kept whole in its token, told honestly, and never moved back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu import audit_log
from edu.dynamo.cursors import InvalidCursorError
from edu.tenancy import enter_school
from evaluations.domain.copies import EVERY_KIND, CopiedKind
from evaluations.services.copies.positions import Plan, Position, Walk

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
places = st.integers(-10_000, 10_000).map(lambda seconds: audit_log.place_of(NOON + timedelta(seconds=seconds)))
plans = st.none() | st.builds(
    Plan, import_id=st.text("0123456789abcdef-", min_size=1), place=places, chunk=st.integers(0), offset=st.integers(0)
)
walks = st.none() | st.builds(Walk, unit=st.text(min_size=1), told=st.text())
positions = st.builds(Position, after=places, within=plans, waits_for=plans, walk=walks)
kinds = st.frozensets(st.sampled_from(CopiedKind), min_size=1)


@given(positions, kinds)
def test_token_holds_the_whole_position(position: Position, wanted: frozenset[CopiedKind]) -> None:
    with enter_school("norte"):
        assert Position.of_token(position.token(wanted), wanted) == position


@given(positions, kinds, kinds)
def test_token_is_of_its_kinds_and_school(
    position: Position, wanted: frozenset[CopiedKind], others: frozenset[CopiedKind]
) -> None:
    with enter_school("norte"):
        token = position.token(wanted)
        if others != wanted:
            with pytest.raises(InvalidCursorError):
                Position.of_token(token, others)
    with enter_school("norte2"), pytest.raises(InvalidCursorError):
        Position.of_token(token, wanted)


@given(positions)
def test_told_is_what_lies_before_everything_that_is_left(position: Position) -> None:
    left = [position.after, *(plan.place for plan in (position.within, position.waits_for) if plan)]
    assert position.told_until == audit_log.instant_of(min(left))


@given(positions, places)
def test_reader_never_goes_back(position: Position, place: str) -> None:
    assert position.moved(place).after >= max(position.after, place)


def test_position_at_an_instant_is_before_its_entries() -> None:
    with enter_school("norte"):
        position = Position.of_token(Position.at(NOON).token(EVERY_KIND), EVERY_KIND)
    assert position == Position(after="2026-11-29T12:00:00.000000Z")
