"""Free ports on the loopback."""

from __future__ import annotations

import itertools
import os
import random
import socket

_LOWEST, _HIGHEST = 10_000, 32_000  # below those the kernel gives to connections, which would come and go
_RUNS, _RUN_PORTS = 11, 2_000


def _candidates() -> list[int]:
    """This process's ports in the order they are tried: test processes that run side by side have different ones."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    lowest = _LOWEST + _RUN_PORTS * (worker % _RUNS)
    ports = list(range(lowest, min(lowest + _RUN_PORTS, _HIGHEST)))
    start = random.SystemRandom().randrange(len(ports))  # two runs side by side rarely meet
    return ports[start:] + ports[:start]


_next_ports = itertools.cycle(_candidates())


def free_port() -> int:
    """A port nobody listens on at this moment, and which this process was not given lately.

    Raises:
        StopIteration: all are taken.
    """
    return next(filter(_can_be_bound, itertools.islice(_next_ports, _RUN_PORTS)))


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
