"""What the local cloud carries: ``python -m tests.bench.local_cloud [ITEMS]``, by default 300,000 events.

The items are written inside the emulator's process (``tests.support.filled_emulator``) into the emulator's tests' stack,
whose pipe brings each of them to the lake. SIGTERM comes when the last is written, while pipe and delivery are at work.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from deploy.emulator.errors import EmulatorError
from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from tests.integration.deploy.emulator.cloud import TABLE, Cloud
from tests.integration.deploy.emulator.test_lake import rows
from tests.support.filled_emulator import FilledEmulator
from tests.support.ports import free_port
from tests.support.waiting import wait_until

_PATIENCE_S = 900


def main() -> int:
    """Print the figures; the exit code is 1 when something was lost."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    with tempfile.TemporaryDirectory() as directory:
        options = EmulatorOptions(port=free_port(), state_dir=Path(directory) / "state")
        with EmulatorProcess(options) as process:
            Cloud(process).deploy()
        filled = FilledEmulator(options, count)
        filled.start()
        took_s = wait_until(lambda: filled.filled_after_s, what="the writes", timeout_s=_PATIENCE_S)
        _say("written", took_s, f"{count:,} items, {count / took_s:,.0f}/s; {_resident_mb(filled):,.0f} MB resident")
        try:
            _timed("stop while it delivers", filled.stop)
        except EmulatorError as error:
            _say("stop while it delivers", 60, str(error))
            return 1
        saved = sum(path.stat().st_size for path in (options.state_dir / "services").iterdir())
        _say("saved", 0, f"{saved / 1e6:,.0f} MB")
        return _second_start(options, count)


def _second_start(options: EmulatorOptions, count: int) -> int:
    process = EmulatorProcess(options)
    _timed("start", process.start)
    cloud = Cloud(process)
    kept = cloud.root("dynamodb").describe_table(TableName=TABLE)["Table"]["ItemCount"]
    _say("kept", 0, f"{kept:,} items; {_resident_mb(process):,.0f} MB resident")
    started, first = time.monotonic(), _delivered(cloud)
    wait_until(lambda: _delivered(cloud) >= count, what="the lake", timeout_s=_PATIENCE_S)
    took_s = time.monotonic() - started
    _say("delivered", took_s, f"the {count - first:,} that were left, {(count - first) / took_s:,.0f}/s")
    total = int(rows(cloud, "SELECT count(*) FROM events")[0][0])
    _say("twice", 0, f"{total - count:,} records, {len(cloud.objects('events/'))}+ objects")
    _say("delivered", 0, f"{_resident_mb(process):,.0f} MB resident")
    _timed("stop at rest", process.stop)
    return 0 if kept == count else 1


def _delivered(cloud: Cloud) -> int:
    time.sleep(1)
    return int(rows(cloud, "SELECT count(DISTINCT event_id) FROM events")[0][0])


def _timed(what: str, step: object) -> None:
    started = time.monotonic()
    assert callable(step)
    step()
    _say(what, time.monotonic() - started, "")


def _resident_mb(process: EmulatorProcess) -> float:
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def _say(what: str, took_s: float, more: str) -> None:
    sys.stdout.write(f"{what:<24} {took_s:7.1f} s  {more}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
