from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edu import clock
from edu.console.admin import recent_months

if TYPE_CHECKING:
    import pytest


def test_recent_months_go_back_over_new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert recent_months(4) == ["2026-02", "2026-01", "2025-12", "2025-11"]


def test_recent_months_in_december(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert recent_months(2) == ["2026-12", "2026-11"]
