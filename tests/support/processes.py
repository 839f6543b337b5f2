"""Product processes of a test: started with their own profile, waited for, and ended by their process id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from deploy.local.services import granian
from edu.queues import BEHAVIOR
from tests.environment import STATE_DIR
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.support.cloud import Cloud

START_TIMEOUT_S = 60.0
CELERY_IS_READY, CONSUMER_IS_READY = " ready.", '"event":"consuming"'
STOP_TIMEOUT_S = 30.0
SOURCE_ROOT = Path(__file__).resolve().parents[2]


class ProcessEndedError(AssertionError):
    """A process ended before it was ready; the message holds the end of its log."""


class Process:
    """One child process in a session of its own, so that it can be ended with its children and nobody else."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        descriptor, name = tempfile.mkstemp(prefix="process-", suffix=".log", dir=STATE_DIR)
        self.log_path, self._log_start_bytes = Path(name), 0
        self.was_killed = False
        with os.fdopen(descriptor, "wb") as log:
            self._child = subprocess.Popen(
                command,
                env=environment,
                cwd=SOURCE_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group's."""
        return self._child.pid

    @property
    def log(self) -> str:
        """What it has written so far, or since ``begin_log``."""
        return self.log_path.read_bytes()[self._log_start_bytes :].decode("utf-8", errors="replace")

    def begin_log(self) -> None:
        """Let ``log`` begin here: a test that shares the process reads what was written for it."""
        self._log_start_bytes = self.log_path.stat().st_size

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def wait_until_ready(self, is_ready: Callable[[], bool], what: str) -> None:
        """Wait until ``is_ready``, failing at once when the process ends.

        Raises:
            ProcessEndedError: it ended.
            AssertionError: it did not get ready in time.
        """

        def ready_or_ended() -> bool:
            if not self.is_running():
                raise ProcessEndedError(f"{what} ended while starting:\n{self.log[-2000:]}")
            return is_ready()

        wait_until(ready_or_ended, what=f"{what} to be ready", timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Ask it to end, and kill it with its children when it does not. Idempotent."""
        if self.is_running():
            self._child.terminate()
            try:
                self._child.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """SIGKILL to it and its children, as a lost machine would. Idempotent."""
        if self.is_running():
            self.was_killed = True
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()


def running_worker(
    cloud: Cloud, *, queues: str, threads: int = 2, **environment: str
) -> AbstractContextManager[Process]:
    """A real Celery worker of the service ``worker`` on these queues, ready to consume."""
    command = [sys.executable, "-m", "celery", "-A", "edu.celery", "worker", "-P", "threads", "-c", str(threads)]
    command += ["-Q", queues, "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return running_until_stopped(cloud, command, ready=CELERY_IS_READY, **environment)


def running_consumer(cloud: Cloud, **environment: str) -> AbstractContextManager[Process]:
    """The real worker of the events' queue, ready to consume."""
    command = [sys.executable, str(SOURCE_ROOT / "manage.py"), BEHAVIOR.command]
    return running_until_stopped(cloud, command, ready=CONSUMER_IS_READY, **environment)


@contextmanager
def running_until_stopped(cloud: Cloud, command: list[str], *, ready: str, **environment: str) -> Iterator[Process]:
    """A process of the service ``worker``, once its log has the text ``ready``."""
    worker = Process(command, cloud.process_environment("worker", **{"LIBRETA_LOG_LEVEL": "INFO", **environment}))
    try:
        worker.wait_until_ready(lambda: ready in worker.log, "the worker")
        yield worker
    finally:
        worker.stop()


@contextmanager
def running_server(
    cloud: Cloud,
    *,
    application: str,
    interface: str,
    profile: str = "web",
    options: Sequence[str] = (),
    **environment: str,
) -> Iterator[tuple[Process, str]]:
    """One server of ``application`` (``asgi`` or ``wsgi``), as ``make run`` starts it, and its base URL.

    It answers on ``/healthz``. ``options`` are more of granian's.
    """
    port = free_port()
    command = [*granian(interface, port), *options, application]
    server = Process(command, cloud.process_environment(profile, **environment))
    base_url = f"http://127.0.0.1:{port}"
    try:
        server.wait_until_ready(lambda: _answers(f"{base_url}/healthz"), application)
        yield server, base_url
    finally:
        server.stop()


@contextmanager
def running_door(cloud: Cloud, **environment: str) -> Iterator[tuple[Process, str]]:
    """The event door and its base URL."""
    with running_server(cloud, application="behavior.door:app", interface="asgi", **environment) as door:
        yield door


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
