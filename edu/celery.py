"""The Celery application. Its settings, which also name the tasks' modules, stand in ``edu.celeryconfig``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

from edu.startup import require_serving_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")

app = Celery("libreta")
app.config_from_object("edu.celeryconfig")


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery sets up no logging of its own when someone listens here; ``edu.settings`` did it already."""


@worker_init.connect
@beat_init.connect
def _check_settings(**_: object) -> None:
    """A worker or beat without its settings ends at once."""
    require_serving_settings()
