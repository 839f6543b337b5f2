"""``make run``: start everything, print where it is, stay until Ctrl-C, stop everything in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING

from deploy.emulator import root, state_file
from deploy.emulator.errors import EmulatorError, PortBusyError
from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from deploy.emulator.single_instance import require_free_port
from deploy.local.layout import SOURCE_ROOT, Layout, LocalSystemError, Ports
from deploy.local.listeners import listener_of
from deploy.local.services import Service, product_services
from deploy.local.state import held

if TYPE_CHECKING:
    from collections.abc import Mapping

_WATCH_EVERY_S = 0.2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a supervisor, a closed terminal


class StopRequestedError(Exception):
    """Somebody asked to stop while the system was starting."""


def say(line: str = "") -> None:
    """Print at once: progress must be seen while it happens."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class LocalSystem:
    """The emulator and the product's processes, started and stopped together."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.settings = layout.environment()
        self.environment = {**_passed_on(os.environ), **self.settings}
        self.emulator = EmulatorProcess(EmulatorOptions(port=layout.ports.emulator, state_dir=layout.emulator_dir))
        self.services: list[Service] = product_services(layout, self.environment)
        self.stop_requested = False
        self._held = ExitStack()

    def request_stop(self) -> None:
        """Stop as soon as the step at hand allows it. Safe in a signal handler."""
        self.stop_requested = True

    def start(self) -> None:
        """Start everything and fill it with demo data the first time.

        Nothing of a system that runs already is touched: settings are written once the state and the ports are ours.

        Raises:
            LocalSystemError, EmulatorError: with one line that says what to do.
            StopRequestedError: see ``request_stop``.
        """
        self._held.enter_context(held(self.layout))
        _require_free_ports(self.layout.ports)
        started = time.monotonic()
        say("[1/4] emulated cloud")
        self._check_saved()
        self.emulator.start()
        self.layout.write_environment(self.settings)
        say("[2/4] deploy/data-plane.yaml")
        self._deploy()
        say("[3/4] demo data")
        self._seed()
        say("[4/4] " + ", ".join(service.name for service in self.services))
        for service in self.services:
            service.start(self.layout, self.environment)
        for service in self.services:
            self._check_stop()
            service.wait_until_ready(self.layout)
        say(f"ready after {time.monotonic() - started:.0f} s")

    def watch(self) -> None:
        """Wait until someone asks to stop.

        Raises:
            LocalSystemError: a process ended by itself.
        """
        while not self.stop_requested:
            time.sleep(_WATCH_EVERY_S)
            for service in self.services:
                if not service.alive:
                    raise LocalSystemError(f"{service.name} ended; see {self.layout.log_path(service.name)}")
            if self.emulator.pid is None:
                raise LocalSystemError(f"the emulated cloud ended; see {self.emulator.log_path}")

    def stop(self) -> None:
        """Stop the doors first, then the workers, last the cloud they stand on, which saves its state."""
        with self._held:
            for service in reversed(self.services):
                service.stop()
            self.emulator.stop()

    @property
    def is_running(self) -> bool:
        """Whether any of its processes runs."""
        return self.emulator.pid is not None or any(service.alive for service in self.services)

    def _check_saved(self) -> None:
        """Say when the cloud's last run was not saved; refuse when the demo data went with it."""
        path = state_file.state_path(self.emulator.options.state_dir)
        is_first = not self.layout.logins_path.is_file()
        if not (is_first or state_file.exists(path)):
            raise LocalSystemError(f"the cloud was never saved, {path} is missing: `make reset`, then begin anew")
        if path.is_file() and state_file.was_cut_off(path):
            say("      the last save was cut off: this is the state of the start before (`make reset` for a new one)")

    def _check_stop(self) -> None:
        if self.stop_requested:
            raise StopRequestedError

    def _deploy(self) -> None:
        """Apply the template; its many lines go to a log, of which the last says how it ended."""
        path = self.layout.log_path("deploy")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as log:
            code = self._manage("deploy", "--target", "local", environment=self._as_root(), output=log)
        if code:
            say(path.read_text(encoding="utf-8"))
            raise LocalSystemError(f"the deployment failed with exit code {code}")
        say(f"      {path.read_text(encoding='utf-8').strip().splitlines()[-1]}")

    def _seed(self) -> None:
        if self.layout.logins_path.is_file():
            say("      kept from an earlier start")
            return
        code = self._manage("seed_demo", "--logins-file", str(self.layout.logins_path), environment=self.environment)
        if code:
            raise LocalSystemError(f"making demo data failed with exit code {code}")

    def _manage(self, *arguments: str, environment: Mapping[str, str], output: IO[bytes] | None = None) -> int:
        """Run a command of ``manage.py``, which ends with us; returns its exit code."""
        self._check_stop()
        command = [
            sys.executable,
            "-m",
            "deploy.local.child",
            str(os.getpid()),
            sys.executable,
            "manage.py",
            *arguments,
        ]
        with subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=SOURCE_ROOT, env=dict(environment), stdout=output, stderr=output, start_new_session=True
        ) as process:
            while process.returncode is None and not self.stop_requested:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_WATCH_EVERY_S)
            if process.poll() is None:
                process.terminate()
        self._check_stop()
        return process.returncode

    def _as_root(self) -> dict[str, str]:
        """The environment in which the account's root deploys; no other process gets it."""
        file = self.emulator.options.state_dir / root.FILE_NAME
        return {**self.environment, "AWS_PROFILE": root.PROFILE, "AWS_SHARED_CREDENTIALS_FILE": str(file)}


def welcome(layout: Layout) -> str:
    """Where everything is and who can log in."""
    ports = layout.ports
    logins = json.loads(layout.logins_path.read_text(encoding="utf-8"))
    lines = [
        "",
        f"  Console (Spanish)     {ports.url('web')}/admin/",
        f"  Teachers' API         {ports.url('web')}/api/v1/docs",
        f"  Behaviour events      {ports.url('events')}/api/v1/behavior",
        f"  Government simulator  {ports.url('government')}",
        f"  Emulated AWS          {ports.url('emulator')}",
        f"  Logs                  {layout.state_dir / 'logs'}",
        "",
        f"  Demo logins (password for all: {logins['password']})",
    ]
    lines += [f"    {person['role']:<18} {person['username']:<40} {person['school_id']}" for person in logins["people"]]
    lines += [
        "",
        "  A token for the API: .venv/bin/python manage.py token USERNAME   (README: to be a teacher with curl)",
    ]
    return "\n".join([*lines, "", "  make demo   walks the flows.   Ctrl-C stops everything.", ""])


def main() -> int:
    """Run until stopped; the exit code is 0 unless something failed."""
    system: LocalSystem | None = None
    code = 0
    try:
        system = LocalSystem(Layout.from_environment())
        for number in _SIGNALS:
            signal.signal(number, lambda *_: system.request_stop() if system else None)
        system.start()
        say(welcome(system.layout))
        system.watch()
    except StopRequestedError:
        pass
    except (LocalSystemError, EmulatorError) as error:
        code = _told(error)
    finally:
        if system:
            code = _stop(system) or code
    return code


def _told(error: Exception) -> int:
    with suppress(OSError):
        sys.stderr.write(f"make run: {error}\n")
    return 1


def _stop(system: LocalSystem) -> int:
    """Stop what runs; 1 when the cloud's state was not saved.

    Whoever read our output may be gone (a closed pipe or terminal): stopping does not need them.
    """
    runs = system.is_running
    with suppress(OSError):
        if runs:
            say("stopping")
    try:
        system.stop()
    except EmulatorError as error:
        return _told(error)
    with suppress(OSError):
        if runs:
            say("stopped")
    return 0


def _require_free_ports(ports: Ports) -> None:
    for name, port in vars(ports).items():
        try:
            require_free_port(port)
        except PortBusyError as error:
            holder = listener_of(port)
            busy = f"port {port} is busy: {holder} listens there" if holder else f"port {port} is busy"
            what = "stop it" if holder else f"find who listens with `lsof -i :{port}` and stop it"
            raise LocalSystemError(f"{busy}; {what}, or set {Ports.setting(name)}") from error


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without AWS settings: the developer's own cloud must not leak in."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


if __name__ == "__main__":
    sys.exit(main())
