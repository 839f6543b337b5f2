"""What ``make run`` says of a cloud whose last run was not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.emulator import state_file
from deploy.emulator.state_file import Writer
from deploy.local.layout import Layout, LocalSystemError
from deploy.local.run import LocalSystem

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalSystem:
    """One that has not been started."""
    monkeypatch.setenv("LIBRETA_STATE_DIR", str(tmp_path))
    return LocalSystem(Layout.from_environment())


def _path(system: LocalSystem) -> Path:
    return state_file.state_path(system.emulator.options.state_dir)


def test_first_start_has_nothing_to_say(system: LocalSystem, capsys: pytest.CaptureFixture[str]) -> None:
    system._check_saved()
    assert not capsys.readouterr().out


def test_cloud_that_was_never_saved_is_refused_with_the_way_out(system: LocalSystem) -> None:
    system.layout.logins_path.write_text("{}")
    with pytest.raises(LocalSystemError, match=r"\A[^\n]*make reset[^\n]*\Z"):
        system._check_saved()


@pytest.mark.parametrize("name", ["all.state", "dynamodb.json"])
def test_saved_cloud_is_started(system: LocalSystem, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    system.layout.logins_path.write_text("{}")
    _path(system).parent.mkdir(parents=True)
    _path(system).with_name(name).write_bytes(b"")
    system._check_saved()
    assert not capsys.readouterr().out


def test_save_that_was_cut_off_is_said(system: LocalSystem, capsys: pytest.CaptureFixture[str]) -> None:
    Writer(_path(system)).finish()
    Writer(_path(system)).add("dynamodb", "msgpack", b"new")
    system._check_saved()
    [line] = capsys.readouterr().out.splitlines()
    assert "cut off" in line
    assert "make reset" in line
