"""``make run`` and ``make demo`` as a person uses them, with ports and a state directory of the test's own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.ports import free_port, listens
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORTS = ("EMULATOR", "WEB", "EVENTS", "GOVERNMENT")
_START_S, _STOP_S = 240, 90


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A clean shell's environment, but for the ports and the state directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIBRETA_", "DJANGO_"))}
    ports = {f"LIBRETA_{name}_PORT": str(free_port()) for name in PORTS}
    return {**kept, **ports, "LIBRETA_STATE_DIR": str(tmp_path_factory.mktemp("local"))}


@contextmanager
def _running(environment: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.run"], env=environment, stdout=file, stderr=file
        )
    try:
        wait_until(
            lambda: b"Ctrl-C stops" in output.read_bytes() or process.poll() is not None,
            what="the local system",
            timeout_s=_START_S,
        )
        assert process.poll() is None, output.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_S)


def _demo(environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.demo"], env=environment, capture_output=True, text=True, check=False
    )
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout + done.stderr
    assert last.startswith("RESULT ")
    result: dict[str, object] = json.loads(last.removeprefix("RESULT "))
    return result


def test_system_starts_is_walked_stops_and_starts_again_with_its_data(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with _running(environment, tmp_path / "first.log") as process:
        first = _demo(environment)
    assert process.returncode == 0
    assert not [name for name in PORTS if listens(int(environment[f"LIBRETA_{name}_PORT"]))]
    with _running(environment, tmp_path / "second.log"):
        second = _demo(environment)
    assert "kept from an earlier start" in (tmp_path / "second.log").read_text()
    assert (first["passed"], second["passed"]) == (True, True)
    before, after = first["lake"], second["lake"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["events"] == before["events"] + 1, "the first run's events must have been kept"


def test_busy_port_is_one_line(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["LIBRETA_WEB_PORT"])))
        taken.listen()
        command = [sys.executable, "-m", "deploy.local.run"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert "LIBRETA_WEB_PORT" in line


def test_demo_without_a_system_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.demo"]
    alone = {**environment, "LIBRETA_STATE_DIR": str(tmp_path)}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert "make run" in line
