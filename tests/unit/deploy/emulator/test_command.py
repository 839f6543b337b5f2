from __future__ import annotations

import subprocess
import sys


def test_port_that_is_none_is_one_line() -> None:
    command = [sys.executable, "manage.py", "emulator", "--port", "80000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "failed: port 80000 is not between 1 and 65535\n"
