"""The short form of ``make drill-lake``, in a process and an emulated cloud of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.processes import SOURCE_ROOT


def test_audit_closes_after_a_burst_with_kills_and_a_restart_and_finds_what_was_planted() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIBRETA_"))}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "tests.drills.lake", "--short"]
    ended = subprocess.run(
        command, cwd=SOURCE_ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    found = [
        json.loads(line.removeprefix("RESULT ")) for line in ended.stdout.splitlines() if line.startswith("RESULT ")
    ]
    assert found, ended.stderr[-2000:]
    assert ended.returncode == 0, found[0]["met"]
    assert len(found[0]["met"]) == 15
