"""What a process remembers is each school's own, bounded, and gone after five minutes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edu import memory
from edu.memory import Memory
from edu.tenancy import enter_school

if TYPE_CHECKING:
    import pytest


def test_a_school_recalls_nothing_of_anothers() -> None:
    own = Memory(10)
    with enter_school("norte"):
        own.remember({"a": 1, "b": b""})
        assert own.recalled(["a", "b", "c"]) == {"a": 1, "b": b""}
    with enter_school("sur"):
        assert own.recalled(["a", "b"]) == {}


def test_no_more_than_the_most_is_remembered() -> None:
    own = Memory(3)
    with enter_school("norte"):
        own.remember({f"name-{n}": n for n in range(10)})
        assert len(own.recalled([f"name-{n}" for n in range(10)])) == 3


def test_what_was_forgotten_is_gone_in_this_school_only() -> None:
    own = Memory(10)
    for school_id in ("norte", "sur"):
        with enter_school(school_id):
            own.remember({"a": school_id})
    with enter_school("norte"):
        own.forget("a")
        own.forget("a")
        assert own.recalled(["a"]) == {}
    with enter_school("sur"):
        assert own.recalled(["a"]) == {"a": "sur"}
        own.forget_everything()
        assert own.recalled(["a"]) == {}


def test_after_five_minutes_a_record_is_loaded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[float] = []
    began, passed = time.time(), [0.0]
    monkeypatch.setattr(time, "time", lambda: began + passed[0])

    def load() -> float:
        loaded.append(passed[0])
        return began

    with enter_school("norte"):
        for seconds in (0.0, memory.SECONDS - 1, memory.SECONDS + 1):
            passed[0] = seconds
            assert memory.remembered("a record of this test", load) == began
        memory.forget("a record of this test")
    assert loaded == [0.0, memory.SECONDS + 1]
