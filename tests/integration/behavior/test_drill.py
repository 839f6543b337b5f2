"""The short form of ``make drill-behavior``, and the proof that it finds what it is there to find."""

from __future__ import annotations

from tests.drills.behavior import EARLY_ACKNOWLEDGEMENT, SHORT, drill


def test_nothing_acknowledged_is_lost_or_doubled_whatever_fails() -> None:
    found = drill(seed=1, plan=SHORT)
    assert all(found["met"].values()), found


def test_worker_that_acknowledges_early_is_found() -> None:
    found = drill(seed=1, plan=SHORT, plant=EARLY_ACKNOWLEDGEMENT)
    assert not found["met"]["none acknowledged was lost"], found
