"""A message holds a bounded number of events, whoever made it."""

from __future__ import annotations

import pytest

from behavior import repository, services
from behavior.domain import MAX_EVENTS_OF_MESSAGE
from behavior.errors import MalformedMessageError


def test_message_of_too_many_events_stores_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[object] = []
    monkeypatch.setattr(repository, "put_events", lambda *args, **_kwargs: stored.append(args))
    with pytest.raises(MalformedMessageError):
        services.store_events(student_id="est-1", events=list(range(MAX_EVENTS_OF_MESSAGE + 1)))
    assert stored == []
    assert (
        services.store_events(student_id="est-1", events=list(range(MAX_EVENTS_OF_MESSAGE))).rejected
        == MAX_EVENTS_OF_MESSAGE
    )
    assert len(stored) == 1
