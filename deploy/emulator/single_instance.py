"""One emulator per port and per state directory."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.emulator.errors import PortBusyError, StateDirBusyError
from deploy.emulator.options import HOST


def require_free_port(port: int) -> None:
    """Raise PortBusyError when 127.0.0.1:``port`` cannot be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = f"port {port} on {HOST} is busy: stop what listens there or choose another with --port"
            raise PortBusyError(message) from error


@contextmanager
def exclusive_state_dir(state_dir: Path) -> Iterator[None]:
    """Create ``state_dir`` (owner only) and hold it; StateDirBusyError when another emulator does.

    The lock belongs to the process, so a killed emulator leaves none behind.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another emulator uses the state directory {state_dir}"
            raise StateDirBusyError(message) from error
        yield
    finally:
        os.close(descriptor)
