"""The state directory: one running system holds it, ``python -m deploy.local.state`` (``make reset``) removes it."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.emulator.errors import StateDirBusyError
from deploy.emulator.single_instance import exclusive_state_dir
from deploy.local.layout import Layout, LocalSystemError
from deploy.local.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

_PID_NAME = "run.pid"


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Create the state directory (owner only) and hold it; a killed system holds nothing.

    Raises:
        LocalSystemError: another system holds it, naming its process.
    """
    pid_path = layout.state_dir / _PID_NAME
    try:
        with exclusive_state_dir(layout.state_dir):
            write_private(pid_path, f"{os.getpid()}\n")
            yield
            pid_path.unlink(missing_ok=True)
    except StateDirBusyError as error:
        pid = pid_path.read_text("ascii").strip() if pid_path.is_file() else "unknown"
        message = (
            f"the system runs already (process {pid}, state in {layout.state_dir}): stop that one with Ctrl-C first"
        )
        raise LocalSystemError(message) from error


def remove(layout: Layout) -> None:
    """Remove everything the local system keeps. Idempotent.

    Raises:
        LocalSystemError: the system or its emulator runs, or the directory is not one of the local system's.
    """
    if not layout.state_dir.exists():
        return
    if not layout.is_started:
        raise LocalSystemError(f"{layout.state_dir} holds no local system, so nothing was removed")
    with held(layout):
        try:
            with exclusive_state_dir(layout.emulator_dir):
                shutil.rmtree(layout.state_dir)
        except StateDirBusyError as error:
            raise LocalSystemError(f"an emulator still works in {layout.emulator_dir}: stop it first") from error


def main() -> int:
    """Remove the state; the exit code is 1 when it was refused."""
    try:
        layout = Layout.of_running()
        remove(layout)
    except LocalSystemError as error:
        sys.stderr.write(f"make reset: {error}\n")
        return 1
    sys.stdout.write(f"nothing is kept in {layout.state_dir}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
