"""``manage.py consume_events``: the worker of the events' queue, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from threading import Event, Thread
from typing import Any

from django.conf import settings

from behavior.consumer.lane import Lane
from edu.aws.receiving import QueueReceiver
from edu.commands import OperatorCommand
from edu.logs import get_logger
from edu.queues import BEHAVIOR
from edu.startup import keep_what_is_loaded, make_clients, require_serving_settings

_log = get_logger(__name__)


class Command(OperatorCommand):
    """Stores what devices send. Any number of these processes may run: at most 20 threads of them, see ``BEHAVIOR``."""

    help = "Store the events of the behaviour queue until told to stop."

    def handle(self, *_args: object, **_options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Work until told to stop; the batch under way is ended first.

        Raises:
            ConfigurationError: settings are missing or wrong.
        """
        require_serving_settings()
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        receiver = QueueReceiver(settings.BEHAVIOR_QUEUE_URL, connections=BEHAVIOR.threads)
        lanes = [Thread(target=Lane(receiver, stop).run, name=f"lane-{n}") for n in range(BEHAVIOR.threads)]
        make_clients()
        keep_what_is_loaded()
        for lane in lanes:
            lane.start()
        _log.info("consuming", queue=BEHAVIOR.name, threads=len(lanes))
        for lane in lanes:
            lane.join()
        _log.info("stopped", queue=BEHAVIOR.name)
