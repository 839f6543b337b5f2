"""The trail read forwards: every entry once, in order, over months and in pieces of any size."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from edu import audit, audit_log, clock
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from tests.support.calls import counted_calls

if TYPE_CHECKING:
    from edu.audit import AuditEntry

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = [
    *(NEW_YEAR - timedelta(days=40), NEW_YEAR - timedelta(microseconds=1)),
    *(NEW_YEAR, NEW_YEAR, NEW_YEAR, NEW_YEAR + timedelta(microseconds=1)),
    *(NEW_YEAR + timedelta(days=40), NEW_YEAR + timedelta(days=100)),
]


@pytest.fixture
def entries(in_school: str, monkeypatch: pytest.MonkeyPatch) -> list[AuditEntry]:
    """Entries of five months and two years, three of them of one instant."""
    actor, made = Principal("ana", Role.SCHOOL_ADMIN, in_school), []
    for number, at in enumerate(INSTANTS):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        transaction = Transaction()
        made.append(
            audit.add_entry(
                transaction,
                actor=actor,
                action="score.recorded",
                subject=f"score:e{number}:s",
                version=1,
                digests=("", ""),
            )
        )
        transaction.commit()
    return sorted(made, key=audit_log.place_of)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_every_entry_is_read_once_and_in_order(entries: list[AuditEntry], limit: int) -> None:
    found: list[AuditEntry] = []
    after, until = audit_log.place_of(INSTANTS[0] - timedelta(days=200)), INSTANTS[-1] + timedelta(seconds=1)
    while piece := audit_log.read_entries(after, until, limit=limit):
        assert len(piece) <= limit
        found += piece
        after = audit_log.place_of(piece[-1])
    assert found == entries


def test_entries_of_the_first_instant_are_read_and_those_of_the_last_are_not(entries: list[AuditEntry]) -> None:
    after = audit_log.place_of(NEW_YEAR)
    assert audit_log.read_entries(after, NEW_YEAR, limit=9) == []
    assert audit_log.read_entries(after, NEW_YEAR + timedelta(microseconds=1), limit=9) == entries[2:5]
    assert audit_log.read_entries(audit_log.place_of(entries[3]), INSTANTS[5], limit=9) == entries[4:5]


def test_place_behind_the_end_has_nothing_and_costs_nothing(entries: list[AuditEntry]) -> None:
    with counted_calls() as calls:
        assert audit_log.read_entries(audit_log.place_of(entries[-1]), NEW_YEAR, limit=9) == []
    assert calls == []


def test_full_piece_asks_for_no_later_month(entries: list[AuditEntry]) -> None:
    with counted_calls() as calls:
        found = audit_log.read_entries(audit_log.place_of(INSTANTS[0]), INSTANTS[-1], limit=1)
    assert (found, calls) == (entries[:1], ["Query"])
