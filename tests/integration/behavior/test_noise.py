"""The short form of ``make drill-noise``; how much longer what takes is for the drill to measure."""

from __future__ import annotations

from tests.drills.noise import SHORT, drill


def test_a_device_and_a_school_past_their_limits_are_told_to_wait_and_the_quiet_school_is_not() -> None:
    found = drill(SHORT)
    assert found["met"]["nothing of the quiet school was refused"], found
    assert found["met"]["device and school were held to their limits"], found
    slow_ms = max(
        found["plan"]["noisy_s"] * 1000, 4 * found["storing_quiet_p99_ms"]
    )  # as slow as the machine was before
    assert found["storing_noisy_p99_ms"] < slow_ms, found
