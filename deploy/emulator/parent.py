"""A child process that does not outlive the one that started it, whatever ended that one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent_pid: int) -> None:
    """Get SIGTERM when the parent ends, also when it is killed; at once when it has ended already.

    It holds across ``exec``. Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere it does nothing.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent_pid:  # it ended before this took effect
        os.kill(os.getpid(), signal.SIGTERM)
