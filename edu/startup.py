"""What a serving process must have before it serves: wrong settings stop it at start, not at the first request."""

from __future__ import annotations

import gc
import resource

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.urls import get_resolver

from edu.aws.clients import service_client
from edu.aws.endpoint import AWS
from edu.aws.scoped_clients import scoped_client
from edu.configuration import declared
from edu.errors import ConfigurationError
from edu.identity.tokens import verifier


def require_serving_settings() -> None:
    """Check the settings that `manage.py deploy` and the operator provide.

    Raises:
        ConfigurationError: naming every setting that is missing or too short to be a secret; or else everything that
            breaks its declaration, on AWS with what only a laptop may have.
    """
    missing = declared.missing()
    if missing:
        raise ConfigurationError(f"settings missing or too short: {', '.join(missing)}")
    problems = declared.problems(aws=settings.CLOUD == AWS)
    if problems:
        raise ConfigurationError(f"LIBRETA_CLOUD={settings.CLOUD}: {'; '.join(problems)}")


def allow_open_files() -> None:
    """Let this process have as many files open as the machine allows: each connection is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_what_is_loaded() -> None:
    """Spare the garbage collector what stays for the process's life: going through all of it stops every request."""
    gc.collect()
    gc.freeze()


def warm_up() -> None:
    """Do before the first request what it would have to wait for: routes and views imported, clients built.

    Nothing is sent: a cloud that does not answer keeps no process from starting.
    """
    get_resolver().url_patterns  # noqa: B018 - reading it imports the views
    make_clients()
    verifier()
    _look_after_no_database()


def _look_after_no_database() -> None:
    """Spare each request Django's looking for connections and caches to close: this product has none (ADR 0004)."""
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)


def make_clients() -> None:
    """Build the clients of whoever reads and writes the table, which takes half a second. Nothing is sent."""
    scoped_client("dynamodb")
    service_client("sts")
