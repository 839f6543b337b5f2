"""``manage.py advance_syncs``: the process that drives the government sync's runs, until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any
from uuid import uuid4

from edu.commands import OperatorCommand
from edu.logs import get_logger
from edu.startup import keep_what_is_loaded, make_clients, require_serving_settings
from govsync.services import Driver

_log = get_logger(__name__)


class Command(OperatorCommand):
    """Sends what is due to the government. Any number of these processes may run: two have a lane each at most."""

    help = "Drive the government sync's runs until told to stop."

    def handle(self, *_args: object, **_options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Work until told to stop; the requests under way are ended first.

        Raises:
            ConfigurationError: settings are missing or wrong.
        """
        require_serving_settings()
        driver = Driver(_worker_name())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: driver.stop())
        make_clients()
        keep_what_is_loaded()
        _log.info("driving syncs")
        driver.run()
        _log.info("stopped")


def _worker_name() -> str:
    """A name that no other process has, nor this one's successor."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
