"""The emulator as a child process, for tests and for the local system."""

# ruff: noqa: ANN401 - boto3's clients are made by name, without types

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.emulator.errors import EmulatorError
from deploy.emulator.internal_endpoints import HEALTH_PATH
from deploy.emulator.options import REGION, EmulatorOptions
from deploy.emulator.root import RootCredentials
from deploy.emulator.single_instance import require_free_port

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
LOG_NAME = "emulator.log"
_POLL_S = 0.05
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")


class EmulatorProcess:
    """Starts ``python -m deploy.emulator``, knows when it is ready, stops it with its state saved.

    A context manager: entering starts it, leaving stops it. Its output goes to ``emulator.log`` in the state
    directory. It ends, with its state saved, when the thread that started it or this process ends without stopping it
    (Linux). Not for use from several threads at once.
    """

    def __init__(self, options: EmulatorOptions, root: RootCredentials | None = None) -> None:
        """Prepare, without starting anything. Without ``root`` the state directory's pair, or a new one, is used."""
        self.options = options
        self.root = root or RootCredentials.load(options.state_dir) or RootCredentials.generate()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        """Where the AWS SDK must be pointed."""
        return self.options.endpoint_url

    @property
    def log_path(self) -> Path:
        """The file its output goes to."""
        return self.options.state_dir / LOG_NAME

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start it and wait until it answers a signed call.

        Raises PortBusyError, or EmulatorError with the log's last line when it ends or does not get ready in time.
        """
        require_free_port(self.options.port)
        self.options.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        arguments = replace(self.options, parent_pid=os.getpid()).arguments()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                self._command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd=_source_root(),
                start_new_session=True,  # Ctrl-C does not reach it: we stop it, after the processes that use it
            )
        try:
            self._wait_until_ready(time.monotonic() + timeout_s)
        except BaseException:
            self.stop()
            raise

    def stop(self, *, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask it to end (SIGTERM) and wait until it has saved its state. Idempotent.

        Raises EmulatorError when it had to be killed, which loses what it did not save, or when it could not save.
        """
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            message = f"the emulator did not end within {timeout_s:g} s and was killed; see {self.log_path}"
            raise EmulatorError(message) from error
        if process.returncode > 0:
            raise EmulatorError(f"the emulator ended badly: {self._last_log_line()}")

    def client(self, service: str, **overrides: Any) -> Any:
        """A boto3 client of this emulator with root's credentials (``overrides`` as for ``boto3.client``)."""
        arguments: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "region_name": REGION,
            "aws_access_key_id": self.root.access_key_id,
            "aws_secret_access_key": self.root.secret_access_key,
        }
        return boto3.session.Session().client(service, **{**arguments, **overrides})  # type: ignore[call-overload]  # the service is a name known only at run time

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, also after an error."""
        self.stop()

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "deploy.emulator", *arguments]

    def _environment(self) -> Mapping[str, str]:
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**passed_on, "PYTHONUNBUFFERED": "1", **self.root.environment()}

    def _wait_until_ready(self, deadline: float) -> None:
        while True:
            if self.pid is None:
                raise EmulatorError(f"the emulator ended while starting: {self._last_log_line()}")
            try:
                self._check_health()
            except (OSError, BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline:
                    message = f"the emulator did not get ready in time ({error}); see {self.log_path}"
                    raise EmulatorError(message) from error
                time.sleep(_POLL_S)
            else:
                return

    def _check_health(self) -> None:
        """It serves with IAM on, and our signature is accepted."""
        with urllib.request.urlopen(self.endpoint_url + HEALTH_PATH, timeout=5) as answer:  # noqa: S310 - http, loopback
            health = json.load(answer)
        if health["auth"] != "enabled":
            raise EmulatorError("the emulator runs without IAM")
        quick = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
        self.client("sts", config=quick).get_caller_identity()

    def _last_log_line(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("emulator: ") if lines else "no output"


def _source_root() -> Path:
    """The directory ``deploy`` is imported from, so that the child finds it too."""
    return Path(__file__).resolve().parents[2]
