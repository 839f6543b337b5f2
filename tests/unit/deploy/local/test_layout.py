from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploy.local import state
from deploy.local.layout import Layout, LocalSystemError, Ports, read_environment
from deploy.local.listeners import listener_of
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

_STARTER = """
import subprocess, sys, os
command = [sys.executable, "-m", "deploy.local.child", str(os.getpid()), "sleep", "600"]
print(subprocess.Popen(command).pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("text", ["99999", "0", "-1", "", "x", "8e3", "²"])
def test_what_is_no_port_is_named_with_its_setting(text: str) -> None:
    with pytest.raises(LocalSystemError, match=f"LIBRETA_WEB_PORT={text} is not a port"):
        Ports.from_environment({"LIBRETA_WEB_PORT": text})


def test_two_processes_cannot_share_a_port() -> None:
    with pytest.raises(LocalSystemError, match="a port of its own"):
        Ports.from_environment({"LIBRETA_WEB_PORT": "8001"})


def test_layout_of_the_running_system_has_its_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRETA_STATE_DIR", str(tmp_path))
    started = Layout(tmp_path, Ports(emulator=34566, web=38000))
    started.write_environment(started.environment())
    monkeypatch.setenv("LIBRETA_EVENTS_PORT", "38001")
    assert Layout.of_running().ports == Ports(emulator=34566, web=38000, events=38001)
    assert Layout.from_environment().ports == Ports(events=38001)


def test_environment_is_made_without_writing_and_secrets_are_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path, Ports())
    made = layout.environment()
    assert list(tmp_path.iterdir()) == []
    layout.write_environment(made)
    assert stat.S_IMODE((tmp_path / "local.env").stat().st_mode) == 0o600
    assert layout.environment() == made == read_environment(tmp_path / "local.env")


def test_state_is_held_by_one_system_and_removed_by_none_meanwhile(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state", Ports())
    with state.held(layout):
        layout.write_environment(layout.environment())
        with pytest.raises(LocalSystemError, match=f"process {os.getpid()}"), state.held(layout):
            pass
        with pytest.raises(LocalSystemError, match="runs already"):
            state.remove(layout)
    state.remove(layout)
    state.remove(layout)
    assert not layout.state_dir.exists()


def test_directory_of_something_else_is_not_removed(tmp_path: Path) -> None:
    with pytest.raises(LocalSystemError, match="holds no local system"):
        state.remove(Layout(tmp_path, Ports()))
    assert tmp_path.is_dir()


def test_listener_is_named_without_its_options() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = listener_of(server.getsockname()[1])
    assert told.startswith(f"process {os.getpid()} (")
    assert "--" not in told
    assert listener_of(free_port()) == ""


def test_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        wait_until(lambda: _command(child).startswith("sleep"), what="the child to become its command")
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: _command(child) == "", what="the child to end")


def _command(pid: int) -> str:
    """A process's command line; empty once it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:  # noqa: PTH123 - one line
            return file.read()
    except OSError:
        return ""
