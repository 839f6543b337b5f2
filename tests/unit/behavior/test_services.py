"""What the worker keeps of what is no event fits the table, whatever was sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from behavior import repository
from behavior.services import store_events
from edu.dynamo.mapping import to_attributes

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from behavior.domain import Event
    from behavior.repository import RejectedEvent


def test_rejected_event_is_kept_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An item of the table has at most 400 KB: one that does not fit would keep its message from being stored."""
    kept: list[RejectedEvent] = []

    def put(_student_id: str, good: list[Event], rejected: list[RejectedEvent], *, stored_at: datetime) -> None:
        assert (good, stored_at is not None) == ([], True)
        kept.extend(rejected)

    monkeypatch.setattr(repository, "put_events", put)
    store_events(student_id="est-1", events=[{f"field-{n}": "x" * 8 for n in range(28_000)}])
    [rejected] = kept
    assert rejected.reason.startswith("field-0: unknown_field")
    assert len(json.dumps(to_attributes(rejected))) < 6_000
