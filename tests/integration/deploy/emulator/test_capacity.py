"""Many items: the emulator stops at once with all of them, delivers them, and does not keep them twice.

The short form of ``python -m tests.bench.local_cloud``, whose figures stand in docs/BENCHMARKS.md.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from deploy.emulator import state_file
from deploy.emulator.errors import EmulatorError
from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from tests.integration.deploy.emulator.cloud import TABLE, Cloud
from tests.integration.deploy.emulator.test_lake import rows
from tests.support.filled_emulator import FilledEmulator
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = 20_000
SHARE_OF_WRITING = 0.5  # a stop's time, to the writing of what it saves; row by row and copied it took 12 s
ITEM_BYTES = 370


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[EmulatorOptions, float]:
    """An emulator told to stop when its last item was written, and how long that took, as a share of the writing."""
    options = EmulatorOptions(port=free_port(), state_dir=tmp_path_factory.mktemp("capacity"), ttl_interval_s=60)
    with EmulatorProcess(options) as process:
        Cloud(process).deploy()
    filled = FilledEmulator(options, ITEMS, TABLE)
    with filled:
        writing_s = wait_until(lambda: filled.filled_after_s, what="the writes", timeout_s=60)
        assert writing_s
        started = time.monotonic()
    return options, (time.monotonic() - started) / writing_s


def test_stop_is_quick_and_saves_all(stopped: tuple[EmulatorOptions, float]) -> None:
    options, share = stopped
    assert share < SHARE_OF_WRITING
    path = state_file.state_path(options.state_dir)
    assert path.stat().st_size > ITEMS * ITEM_BYTES
    assert not state_file.was_cut_off(path)


def test_every_item_is_kept_and_delivered(stopped: tuple[EmulatorOptions, float]) -> None:
    options, _took_s = stopped
    with EmulatorProcess(options) as process:
        cloud = Cloud(process)
        assert cloud.root("dynamodb").describe_table(TableName=TABLE)["Table"]["ItemCount"] == ITEMS
        count = "SELECT count(DISTINCT event_id) FROM events WHERE school LIKE 'fill-%'"
        wait_until(lambda: rows(cloud, count) == [[str(ITEMS)]], what="every event", timeout_s=60)
        assert len(cloud.objects("events/")) < 1000, "records share objects"
    path = state_file.state_path(options.state_dir)
    assert path.stat().st_size < 1.5 * ITEMS * ITEM_BYTES, "delivered records are not kept beside their items"


def test_state_of_a_file_a_service_is_read_and_replaced(tmp_path: Path) -> None:
    path = state_file.state_path(tmp_path)
    path.parent.mkdir()
    old = path.with_name("sts.json")
    old.write_text('{"__ministack_format__": 2, "payload": {"sessions": {"ASIAOLD": {"expires')
    process = EmulatorProcess(EmulatorOptions(port=free_port(), state_dir=tmp_path))
    with pytest.raises(EmulatorError, match="make reset"):
        process.start()
    old.write_text('{"__ministack_format__": 2, "payload": {"sessions": {}}}')
    with process:
        pass
    assert path.exists()
    assert not old.exists()


def test_state_that_cannot_be_saved_is_said_in_one_line(tmp_path: Path) -> None:
    process = EmulatorProcess(EmulatorOptions(port=free_port(), state_dir=tmp_path))
    process.start()
    path = state_file.state_path(tmp_path)
    (path.parent / "all.state.new").mkdir(parents=True)
    with pytest.raises(EmulatorError, match=r"\A[^\n]*could not be saved[^\n]*\Z"):
        process.stop()
    assert not path.exists()


def test_damaged_state_is_refused_in_one_line_and_kept(stopped: tuple[EmulatorOptions, float], tmp_path: Path) -> None:
    whole = state_file.state_path(stopped[0].state_dir).read_bytes()
    path = state_file.state_path(tmp_path)
    path.parent.mkdir()
    for damaged in (whole[: len(whole) // 2], whole[:-1], whole[:5000] + b"x" + whole[5001:], b""):
        path.write_bytes(damaged)
        process = EmulatorProcess(EmulatorOptions(port=free_port(), state_dir=tmp_path))
        with pytest.raises(EmulatorError, match=r"\Athe emulator ended while starting: .*make reset.*\Z"):
            process.start()
        assert path.read_bytes() == damaged
        assert process.pid is None
