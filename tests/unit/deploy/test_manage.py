"""``manage.py`` in a clone, and in an image that ships without ``deploy``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = ("edu", "evaluations", "behavior", "govsync", "analytics")
DEPLOY_COMMANDS = {"deploy", "emulator", "token", "compile_translations"}
OPERATORS_COMMANDS = {
    *("sync", "sync_verify", "consolidate", "consolidation_status", "import_roster", "import_school", "lake_count")
}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The files of an image: what runs in production, and nothing else."""
    shutil.copy(ROOT / "manage.py", tmp_path)
    for package in PRODUCTION:
        shutil.copytree(ROOT / package, tmp_path / package)
    return tmp_path


def test_clone_knows_the_commands_of_deploy_too() -> None:
    assert _commands(ROOT) >= DEPLOY_COMMANDS | OPERATORS_COMMANDS


def test_image_without_deploy_works_and_has_none_of_them(image: Path) -> None:
    commands = _commands(image)
    assert commands >= OPERATORS_COMMANDS
    assert not DEPLOY_COMMANDS & commands
    _manage(image, "check")


def _commands(folder: Path) -> set[str]:
    return set(_manage(folder, "help", "--commands").split())


def _manage(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
