"""Read from the configuration alone: touching a task would configure the application before the tests' cloud stands."""

from __future__ import annotations

import runpy
from typing import Any

import pytest


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return runpy.run_module("edu.celeryconfig")


def test_nightly_work_has_a_queue_of_its_own(config: dict[str, Any]) -> None:
    assert config["task_routes"]["evaluations.*"] == {"queue": "maintenance"}
    assert "maintenance" in {queue.name for queue in config["task_queues"]}
    assert "maintenance" in config["broker_transport_options"]["predefined_queues"]


def test_beat_asks_every_hour_whose_night_it_is(config: dict[str, Any]) -> None:
    (entry,) = [entry for entry in config["beat_schedule"].values() if entry["task"] == "evaluations.consolidate_all"]
    assert (entry["schedule"].minute, len(entry["schedule"].hour)) == ({7}, 24)


def test_beat_asks_every_five_minutes_which_import_nobody_moves(config: dict[str, Any]) -> None:
    (entry,) = [entry for entry in config["beat_schedule"].values() if entry["task"] == "evaluations.sweep_imports"]
    assert entry["schedule"].minute == set(range(0, 60, 5))
