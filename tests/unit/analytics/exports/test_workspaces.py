"""The folder of an export's files is gone after it, also when the process that made it was killed."""

from __future__ import annotations

import os
import signal
import tempfile
from typing import TYPE_CHECKING

import pytest

from analytics.exports.workspaces import workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_folder_is_ours_alone_and_gone_afterwards() -> None:
    with workspace() as folder:
        (folder / "users.csv").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_what_a_killed_process_left_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    if (child := os.fork()) == 0:
        try:
            with workspace() as folder:
                (folder / "users.csv").write_text("x")
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    [left] = tmp_path.iterdir()
    with workspace() as own, workspace() as other:
        assert own.exists()
        assert other.exists()
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []
