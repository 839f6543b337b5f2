"""``make run`` and ``make demo`` as a person uses them, with ports and a state directory of the test's own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.emulator.errors import StateDirBusyError
from deploy.emulator.single_instance import exclusive_state_dir
from tests.support.ports import free_port, listens
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = ("EMULATOR", "WEB", "EVENTS", "GOVERNMENT")
_START_S, _STOP_S = 240, 90


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A clean shell's environment, but for the ports and the state directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIBRETA_", "DJANGO_"))}
    ports = {f"LIBRETA_{name}_PORT": str(free_port()) for name in PORTS}
    return {**kept, **ports, "LIBRETA_STATE_DIR": str(tmp_path_factory.mktemp("local"))}


class LocalSystem:
    """One ``make run`` that the tests share: up when a test asks for it, and down when another does."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment, self._logs = environment, logs
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    @property
    def output(self) -> Path:
        """What the latest start has printed."""
        return self._logs / f"start-{self._starts}.log"

    def up(self) -> subprocess.Popen[bytes]:
        """The running system, started unless it runs."""
        if self._process is None:
            self._starts += 1
            self._process = process = _start(self.environment, self.output)
            wait_until(
                lambda: b"Ctrl-C stops" in self.output.read_bytes() or process.poll() is not None,
                what="the local system",
                timeout_s=_START_S,
            )
        assert self._process.poll() is None, self.output.read_text()
        return self._process

    def down(self, ending: signal.Signals = signal.SIGINT) -> int:
        """Stop it unless it is stopped; its exit code (0 when there was nothing to stop)."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(ending)
        try:
            return process.wait(_STOP_S)
        finally:
            process.kill()  # no effect on one that has ended


@pytest.fixture(scope="module")
def system(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    found = LocalSystem(environment, tmp_path_factory.mktemp("starts"))
    yield found
    found.down()


def _start(environment: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    """A `make run` in a session of its own, as a terminal's foreground is."""
    command = [sys.executable, "-m", "deploy.local.run"]
    with output.open("wb") as file:
        return subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)


def _demo(environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.demo"], env=environment, capture_output=True, text=True, check=False
    )
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout + done.stderr
    assert last.startswith("RESULT ")
    result: dict[str, object] = json.loads(last.removeprefix("RESULT "))
    return result


def _run(environment: dict[str, str]) -> str:
    """A `make run` that must fail: its one line."""
    command = [sys.executable, "-m", "deploy.local.run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    [line] = done.stderr.strip().splitlines()
    return line


def _listening(environment: dict[str, str]) -> list[str]:
    return [name for name in PORTS if listens(int(environment[f"LIBRETA_{name}_PORT"]))]


def _is_held(environment: dict[str, str]) -> bool:
    try:
        with exclusive_state_dir(Path(environment["LIBRETA_STATE_DIR"]) / "emulator"):
            return False
    except StateDirBusyError:
        return True


def test_second_start_leaves_the_first_alone(system: LocalSystem, environment: dict[str, str], tmp_path: Path) -> None:
    settings = Path(environment["LIBRETA_STATE_DIR"]) / "local.env"
    elsewhere = {**environment, **{f"LIBRETA_{name}_PORT": str(free_port()) for name in PORTS}}
    process = system.up()
    before = settings.read_text()
    assert f"process {process.pid}" in _run(elsewhere)
    busy = _run({**environment, "LIBRETA_STATE_DIR": str(tmp_path / "other")})
    assert "python -m deploy.emulator" in busy
    assert "LIBRETA_EMULATOR_PORT" in busy
    reset = [sys.executable, "-m", "deploy.local.state"]
    assert subprocess.run(reset, env=environment, capture_output=True, check=False).returncode == 1
    assert settings.read_text() == before


def test_system_starts_is_walked_stops_and_starts_again_with_its_data(
    system: LocalSystem, environment: dict[str, str]
) -> None:
    system.up()
    first = _demo(environment)
    assert system.down(signal.SIGHUP) == 0, "a closed terminal stops everything in order"
    assert not _listening(environment)
    system.up()
    second = _demo(environment)
    assert "kept from an earlier start" in system.output.read_text()
    assert (first["passed"], second["passed"]) == (True, True)
    before, after = first["lake"], second["lake"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["events"] == before["events"] + 1, "the first run's events must have been kept"


def test_killed_system_leaves_nothing_running(system: LocalSystem, environment: dict[str, str]) -> None:
    process = system.up()
    process.kill()
    system.down()
    wait_until(lambda: not _listening(environment), what="every port to be free", timeout_s=_STOP_S)
    wait_until(lambda: not _is_held(environment), what="the emulator to have saved its state", timeout_s=_STOP_S)


def test_stop_while_starting_is_no_failure(system: LocalSystem, environment: dict[str, str], tmp_path: Path) -> None:
    system.down()
    output = tmp_path / "system.log"
    process = _start(environment, output)

    def begun() -> bool:
        return b"[2/4]" in output.read_bytes() or process.poll() is not None

    wait_until(begun, what="the deployment to begin", timeout_s=_START_S)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody in the foreground
    assert process.wait(_STOP_S) == 0
    assert output.read_text().splitlines()[-2:] == ["stopping", "stopped"]


def test_busy_port_is_one_line(system: LocalSystem, environment: dict[str, str]) -> None:
    system.down()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last system's connections may linger there
        taken.bind(("127.0.0.1", int(environment["LIBRETA_WEB_PORT"])))
        taken.listen()
        line = _run(environment)
    assert "LIBRETA_WEB_PORT" in line
    assert f"process {os.getpid()}" in line


def test_demo_without_a_system_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.demo"]
    alone = {**environment, "LIBRETA_STATE_DIR": str(tmp_path)}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert "make run" in line


def test_demo_of_a_stopped_system_names_the_address_and_the_setting(
    environment: dict[str, str], tmp_path: Path
) -> None:
    people = [{"username": "a", "role": "teacher", "school_id": "x1", "person_id": "t"}]
    (tmp_path / "demo-logins.json").write_text(json.dumps({"password": "x", "people": people}))
    command = [sys.executable, "-m", "deploy.local.demo"]
    alone = {**environment, "LIBRETA_STATE_DIR": str(tmp_path)}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert f"nothing answers at http://127.0.0.1:{environment['LIBRETA_EMULATOR_PORT']}" in line
    assert "LIBRETA_EMULATOR_PORT" in line
