"""What the local cloud carries: ``python -m tests.bench.local_cloud [ITEMS]``, by default 300,000 events.

The items are written inside the emulator's process (``tests.support.filled_emulator``). First into the table of the
emulator's tests, whose pipe brings each of them to the lake; SIGTERM comes when the last is written, while pipe and
delivery are at work. Then, with ``--system`` instead, into the table of a whole ``make run`` between two of its runs.
"""

from __future__ import annotations

import os
import subprocess
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
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    count = numbers[0] if numbers else 300_000
    with tempfile.TemporaryDirectory() as directory:
        return _system(Path(directory), count) if "--system" in sys.argv else _emulator(Path(directory), count)


def _emulator(directory: Path, count: int) -> int:
    options = EmulatorOptions(port=free_port(), state_dir=directory / "state")
    with EmulatorProcess(options) as process:
        Cloud(process).deploy()
    filled = _filled(options, count, TABLE)
    try:
        _timed("stop while it delivers", filled.stop)
    except EmulatorError as error:
        _say("stop while it delivers", 60, str(error))
        return 1
    saved = sum(path.stat().st_size for path in (options.state_dir / "services").iterdir())
    _say("saved", 0, f"{saved / 1e6:,.0f} MB")
    return _second_start(options, count)


def _filled(options: EmulatorOptions, count: int, table: str) -> FilledEmulator:
    filled = FilledEmulator(options, count, table)
    filled.start()
    took_s = wait_until(lambda: filled.filled_after_s, what="the writes", timeout_s=_PATIENCE_S)
    assert took_s
    _say("written", took_s, f"{count:,} items, {count / took_s:,.0f}/s; {_resident_mb(filled):,.0f} MB resident")
    return filled


def _system(directory: Path, count: int) -> int:
    """``make run``, stopped and started with its table filled in between."""
    ports = {f"LIBRETA_{name}_PORT": str(free_port()) for name in ("EMULATOR", "WEB", "EVENTS", "GOVERNMENT")}
    environment = {**os.environ, **ports, "LIBRETA_STATE_DIR": str(directory)}
    _stopped(_started(environment, directory / "first.log"), "stop of a new system")
    options = EmulatorOptions(port=int(ports["LIBRETA_EMULATOR_PORT"]), state_dir=directory / "emulator")
    with EmulatorProcess(options) as process:
        [table] = process.client("dynamodb").list_tables()["TableNames"]
    _filled(options, count, table).stop()
    _stopped(_started(environment, directory / "second.log"), "stop of make run")
    with EmulatorProcess(options) as process:
        kept = process.client("dynamodb").describe_table(TableName=table)["Table"]["ItemCount"]
    _say("kept", 0, f"{kept:,} items, {kept - count:,} of them the demo's")
    return 0 if kept > count else 1


def _started(environment: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    started = time.monotonic()
    with output.open("wb") as file:
        command = [sys.executable, "-m", "deploy.local.run"]
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    wait_until(
        lambda: b"Ctrl-C stops" in output.read_bytes() or process.poll() is not None, what="it", timeout_s=_PATIENCE_S
    )
    assert process.poll() is None, output.read_text("utf-8")
    _say("start of make run", time.monotonic() - started, "")
    return process


def _stopped(process: subprocess.Popen[bytes], what: str) -> None:
    started = time.monotonic()
    process.terminate()
    code = process.wait(_PATIENCE_S)
    _say(what, time.monotonic() - started, f"exit code {code}")


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
