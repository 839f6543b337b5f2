"""What a worker does with the lanes at a beat."""

from __future__ import annotations

import pytest

from edu.jobs.leases import TAKE_AFTER_S, Watch
from govsync.domain.lanes import LaneLease, LanePlan, Need, plan_beat

WANTED, URGENT = Need(wanted=True), Need(wanted=True, urgent=True)
FREE = (LaneLease("1"), LaneLease("2"))
MINE, THEIRS = (tuple(LaneLease(name, owner, 7) for name in "12") for owner in ("me", "other"))
WISHED = LaneLease("2", "me", 7, wished_by="other")
SPLIT = (MINE[0], THEIRS[1])


def plan(*leases: LaneLease, need: Need = WANTED, unchanged_s: float = 0.0) -> LanePlan:
    return plan_beat("me", leases, [unchanged_s] * 2, need)


def test_free_lanes_are_taken_by_who_needs_them() -> None:
    assert plan(*FREE) == LanePlan(take=FREE)
    assert plan(*FREE, need=Need()) == LanePlan()


def test_own_lanes_are_kept_as_long_as_they_are_needed() -> None:
    assert plan(*MINE) == LanePlan(keep=MINE)
    assert plan(*MINE, need=Need()) == LanePlan(give=MINE)


def test_owner_of_both_gives_the_one_that_another_wishes_for() -> None:
    assert plan(MINE[0], WISHED) == LanePlan(keep=MINE[:1], give=(WISHED,))
    assert plan(THEIRS[0], WISHED) == LanePlan(keep=(WISHED,)), "its only one it keeps"


def test_lane_is_wished_for_only_of_an_owner_of_both_and_once() -> None:
    assert plan(*THEIRS, need=URGENT).wish == THEIRS[1]
    assert plan(*THEIRS).wish is None
    assert plan(*SPLIT, need=URGENT).wish is None
    assert plan(THEIRS[0], LaneLease("2", "third", 1), need=URGENT).wish is None
    assert plan(THEIRS[0], LaneLease("2", "other", 1, wished_by="third"), need=URGENT).wish is None


@pytest.mark.parametrize("lease", [THEIRS[1], LaneLease("2", "", 7, wished_by="other")], ids=["held", "promised"])
def test_lane_of_another_is_taken_only_when_it_has_not_changed_for_long(lease: LaneLease) -> None:
    assert plan(MINE[0], lease, unchanged_s=TAKE_AFTER_S - 0.1).take == ()
    assert plan(MINE[0], lease, unchanged_s=TAKE_AFTER_S).take == (lease,)
    promised_to_me = LaneLease("2", "", 7, wished_by="me")
    assert plan(MINE[0], promised_to_me).take == (promised_to_me,)


def test_lease_is_watched_from_the_moment_it_was_first_seen_as_it_is() -> None:
    watch = Watch()
    assert [
        watch.unchanged_s("1", beat, now_s) for beat, now_s in ((7, 100.0), (7, 105.0), (8, 106.0), (8, 106.5))
    ] == [
        *(0.0, 5.0),
        *(0.0, 0.5),
    ]
    assert watch.unchanged_s("2", 8, 200.0) == 0.0
