"""The local system's processes: how each is started, and how one knows that it is ready."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from deploy.local.layout import HOST, SOURCE_ROOT, Layout, LocalSystemError
from edu.queues import QUEUES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.queues import QueueDeclaration

_READY_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20
_POLL_S = 0.1
_IDLE_TIMEOUT_MS = 10_000  # between requests too: more than the 5 s after which common clients give a connection up
_HEAD_BYTES = 16_384  # what hyper keeps of a head before it answers 431; edu.http.front counts exactly
_MOST_CONNECTIONS = 4096  # idle ones too: past it, new ones wait until one closes
_OTHER_FILES = 256  # what a process has open beside its clients
_BIN = Path(sys.executable).parent


@dataclass
class Service:
    """One child process. ``health_url`` answers 2xx once it serves; without it, being alive is being ready."""

    name: str
    command: list[str]
    profile: str = ""
    health_url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, layout: Layout, environment: Mapping[str, str]) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches it only through us. It ends when we do (Linux)."""
        path = layout.log_path(self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = {"AWS_PROFILE": self.profile} if self.profile else {}
        with path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                [sys.executable, "-m", "deploy.local.child", str(os.getpid()), *self.command],
                cwd=SOURCE_ROOT,
                env={**environment, **profile},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self, layout: Layout) -> None:
        """Wait for the health check.

        Raises:
            LocalSystemError: it ended, or is not ready within a minute.
        """
        if not self.health_url:
            return
        deadline = time.monotonic() + _READY_TIMEOUT_S
        with httpx.Client(timeout=1) as client:  # one for all tries: a new one takes longer than its question
            while not self._answers(client):
                if not self.alive or time.monotonic() > deadline:
                    raise LocalSystemError(f"{self.name} did not start; see {layout.log_path(self.name)}")
                time.sleep(_POLL_S)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait, and only then kill what is left. Idempotent."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self, client: httpx.Client) -> bool:
        try:
            return client.get(self.health_url).is_success
        except httpx.HTTPError:
            return False


def product_services(layout: Layout, environment: Mapping[str, str]) -> list[Service]:
    """Everything but the emulator, in the order of starting."""
    ports = layout.ports
    celery = [str(_BIN / "celery"), "-A", "edu.celery"]
    return [
        Service(
            "government",
            [
                *(sys.executable, "-m", "deploy.government", "--port", str(ports.government)),
                *("--state", str(layout.state_dir / "government.sqlite3")),
                *("--api-key", environment["LIBRETA_GOV_API_KEY"]),
            ],
            health_url=f"{ports.url('government')}/_health",
        ),
        *(_worker(celery, queue) for queue in QUEUES),
        Service("sync-line", [sys.executable, str(SOURCE_ROOT / "manage.py"), "advance_syncs"], profile="worker"),
        Service("beat", [*celery, "beat", "--schedule", str(layout.state_dir / "beat-schedule")], profile="worker"),
        Service(
            "web",
            [*granian("asgi", ports.web), "edu.web:app"],
            profile="web",
            health_url=f"{ports.url('web')}/healthz",
        ),
        Service(
            "events",
            [*granian("asgi", ports.events), "behavior.door:app"],
            profile="web",
            health_url=f"{ports.url('events')}/healthz",
        ),
    ]


def _worker(celery: list[str], queue: QueueDeclaration) -> Service:
    """The worker process of a queue, with the threads or the process that it is declared with."""
    if queue.command:
        return Service(queue.worker, [sys.executable, str(SOURCE_ROOT / "manage.py"), queue.command], profile="worker")
    return Service(
        queue.worker,
        [
            *celery,
            *("worker", *queue.pool_options, "--queues", queue.name),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--hostname", f"{queue.worker}@local"),
        ],
        profile="worker",
    )


def granian(interface: str, port: int) -> list[str]:
    """The command line of one granian server, without its application (ADR 0007)."""
    command = [str(_BIN / "granian"), "--interface", interface, "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--no-ws", "--log-level", "warning"]
    command += ["--http", "1", "--http1-header-read-timeout", str(_IDLE_TIMEOUT_MS)]
    command += ["--http1-buffer-size", str(_HEAD_BYTES), "--backpressure", str(_most_connections())]
    return [*command, "--blocking-threads", "4"] if interface == "wsgi" else command


def _most_connections() -> int:
    """As many as this machine lets a process have: one more would make the server fail instead of wait."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else hard - _OTHER_FILES
    return min(_MOST_CONNECTIONS, allowed)
