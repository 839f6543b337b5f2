"""Running a command where only the loopback exists: a network namespace of its own, without any other route.

``python -m tests.support.offline pytest …`` fails when the machine allows no namespace; ``wrapped`` then gives the
plain command.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_INSIDE = "--inside"
_UNSHARE = ["unshare", "--map-root-user", "--net"]


def available() -> bool:
    """Whether this machine lets us make a network namespace."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def wrapped(command: list[str]) -> list[str]:
    """The command inside a namespace where possible, as it is elsewhere."""
    return _inside(command) if available() else command


def main(command: list[str]) -> int:
    """Run a command offline; with ``--inside`` this process is in the namespace already."""
    if command[:1] == [_INSIDE]:
        _raise_loopback()
        os.execvp(command[1], command[1:])  # noqa: S606 - the command we were asked to run
    if not available():
        sys.stderr.write("offline: this machine allows no network namespace\n")
        return 2
    return subprocess.run(_inside(command), check=False).returncode


def _inside(command: list[str]) -> list[str]:
    return [*_UNSHARE, sys.executable, "-m", "tests.support.offline", _INSIDE, *command]


def _raise_loopback() -> None:
    """Bring ``lo`` up: a new namespace has it down, and ``ip`` may not be installed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
