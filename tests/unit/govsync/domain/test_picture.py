"""The picture that people read is the table's."""

from __future__ import annotations

from pathlib import Path

from govsync.domain.picture import document
from govsync.domain.states import TRANSITIONS, BatchState, RunState

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "SYNC-STATES.md"


def test_document_is_made_from_the_table() -> None:
    assert DOCUMENT.read_text("utf-8") == document()


def test_every_state_and_event_is_in_it() -> None:
    text = document()
    assert all(f"`{event}`" in text for event in TRANSITIONS)
    assert all(str(state) in text for state in (*RunState, *BatchState))
