"""What the server's own options leave out: who takes nothing of their answer is cut off, and the kernel keeps little.

Linux ends a connection whose peer has acknowledged nothing for ``TCP_USER_TIMEOUT``, be it gone or its window closed
(tcp(7)), and keeps up to 4 MiB for a connection whose peer reads slowly unless ``SO_SNDBUF`` says less (socket(7)). A
connection has both from the socket it was accepted on. granian has no options for them: they are set from inside.
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")


def limit_readers(*, silence_s: float, buffer_bytes: int) -> int:
    """Set both on every TCP socket that this process listens on; returns on how many: none but on Linux."""
    if not _DESCRIPTORS.is_dir():
        return 0
    limited = 0
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):  # closed meanwhile, or no socket
            limited += _limit(int(entry.name), round(silence_s * 1000), buffer_bytes)
    return limited


def _limit(descriptor: int, silence_ms: int, buffer_bytes: int) -> bool:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    with socket.socket(fileno=os.dup(descriptor)) as found:
        tcp = found.family in {socket.AF_INET, socket.AF_INET6} and found.type == socket.SOCK_STREAM
        if not tcp or not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, silence_ms)
        return True
