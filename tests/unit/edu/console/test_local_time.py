from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from edu import memory
from edu.console import local_time
from edu.tenancy import NoScopeError, enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """How often the time zone was asked for."""
    seen: list[str] = []

    def teller() -> str:
        seen.append("asked")
        return "America/Santiago"

    monkeypatch.setattr(local_time, "_tellers", [teller])
    memory.forget_everything()
    yield seen
    memory.forget_everything()


def test_schools_zone_is_in_force_inside_and_asked_for_once(asked: list[str]) -> None:
    with enter_school("norte"):
        for _ in range(2):
            with local_time.in_force():
                assert timezone.get_current_timezone() == ZoneInfo("America/Santiago")
    assert timezone.get_current_timezone_name() == "UTC"
    assert asked == ["asked"]


def test_each_school_has_its_own(asked: list[str]) -> None:
    for school_id in ("norte", "sur"):
        with enter_school(school_id), local_time.in_force():
            pass
    assert asked == ["asked", "asked"]


@pytest.mark.usefixtures("asked")
def test_without_a_school_there_is_none() -> None:
    with pytest.raises(NoScopeError), local_time.in_force():
        pass
