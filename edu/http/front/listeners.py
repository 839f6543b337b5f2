"""What the server's own options leave out: who takes nothing of their answer is cut off after a while.

Linux ends a connection whose peer has acknowledged nothing for ``TCP_USER_TIMEOUT``, be it gone or its window closed
(tcp(7)); a connection has it from the socket it was accepted on. granian has no option for it: it is set from inside.
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")


def limit_silence(seconds: float) -> int:
    """Set it on every TCP socket that this process listens on; returns on how many: none but on Linux."""
    if not _DESCRIPTORS.is_dir():
        return 0
    limited = 0
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):  # closed meanwhile, or no socket
            limited += _limit(int(entry.name), round(seconds * 1000))
    return limited


def _limit(descriptor: int, milliseconds: int) -> bool:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    with socket.socket(fileno=os.dup(descriptor)) as found:
        tcp = found.family in {socket.AF_INET, socket.AF_INET6} and found.type == socket.SOCK_STREAM
        if not tcp or not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        return True
