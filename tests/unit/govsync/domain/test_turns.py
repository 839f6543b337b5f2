"""Whose turn it is: the earliest deadline, and every tenth time who waited longest."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from edu.jobs.domain import DueJob
from govsync.domain.turns import choose_run

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
RUNS = [DueJob("sync", "r1", NOW, f"escuela-{n}", NOW + timedelta(hours=48, minutes=(7 * n) % 10)) for n in range(10)]


def test_earliest_deadline_has_nine_turns_of_ten_and_nobody_starves() -> None:
    last_turns: dict[tuple[str, str | None, str], datetime] = {}
    had: Counter[str | None] = Counter()
    for turn in range(1, 201):
        chosen = choose_run(RUNS, last_turns, turn)
        assert chosen is not None
        last_turns[chosen.key] = NOW + timedelta(seconds=turn)
        had[chosen.school_id] += 1
    assert had["escuela-0"] >= 180
    assert min(had[run.school_id] for run in RUNS) >= 1


def test_run_without_a_deadline_comes_last_and_no_run_is_none() -> None:
    assert choose_run([DueJob("sync", "r1", NOW, "sin"), RUNS[3]], {}, 1) == RUNS[3]
    assert choose_run([], {}, 1) is None
    assert choose_run([], {}, 10) is None
