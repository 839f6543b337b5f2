"""``make run``: start everything, print where it is, stay until Ctrl-C, stop everything in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from deploy.local.layout import SOURCE_ROOT, Layout, LocalSystemError
from deploy.local.services import Service, product_services
from edu.emulator.errors import EmulatorError
from edu.emulator.guards import require_free_port
from edu.emulator.options import EmulatorOptions
from edu.emulator.process import EmulatorProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

_WATCH_EVERY_S = 0.5


def say(line: str = "") -> None:
    """Print at once: progress must be seen while it happens."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class LocalSystem:
    """The emulator and the product's processes, started and stopped together."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.environment = {**_passed_on(os.environ), **layout.ensure_environment()}
        options = EmulatorOptions(port=layout.ports.emulator, state_dir=layout.state_dir / "emulator")
        self.emulator = EmulatorProcess(options)
        self.services: list[Service] = product_services(layout, self.environment)
        self.stop_requested = threading.Event()

    def start(self) -> None:
        """Start everything and fill it with demo data the first time.

        Raises:
            LocalSystemError, EmulatorError: with one line that says what to do.
        """
        for port in vars(self.layout.ports).values():
            require_free_port(port)
        started = time.monotonic()
        say("[1/4] emulated cloud")
        self.emulator.start()
        say("[2/4] deploy/data-plane.yaml")
        self._manage("deploy", "--target", "local", environment=self._as_root())
        say("[3/4] demo data")
        self._seed()
        say("[4/4] " + ", ".join(service.name for service in self.services))
        for service in self.services:
            service.start(self.layout, self.environment)
        for service in self.services:
            service.wait_until_ready(self.layout)
        say(f"ready after {time.monotonic() - started:.0f} s")

    def watch(self) -> None:
        """Wait until someone asks to stop.

        Raises:
            LocalSystemError: a process ended by itself.
        """
        while not self.stop_requested.wait(_WATCH_EVERY_S):
            for service in self.services:
                if not service.alive:
                    raise LocalSystemError(f"{service.name} ended; see {self.layout.log_path(service.name)}")
            if self.emulator.pid is None:
                raise LocalSystemError(f"the emulated cloud ended; see {self.emulator.log_path}")

    def stop(self) -> None:
        """Stop the doors first, then the workers, last the cloud they stand on, which saves its state."""
        for service in reversed(self.services):
            service.stop()
        self.emulator.stop()

    def _seed(self) -> None:
        if self.layout.logins_path.is_file():
            say("      kept from an earlier start")
            return
        self._manage("seed_demo", "--logins-file", str(self.layout.logins_path), environment=self.environment)

    def _manage(self, *arguments: str, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=SOURCE_ROOT, env=dict(environment), check=False)  # noqa: S603 - our own command
        if done.returncode:
            raise LocalSystemError(f"manage.py {arguments[0]} failed with exit code {done.returncode}")

    def _as_root(self) -> dict[str, str]:
        keys = self.emulator.root
        environment = {name: value for name, value in self.environment.items() if name != "AWS_PROFILE"}
        return {
            **environment,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        }


def welcome(layout: Layout) -> str:
    """Where everything is and who can log in."""
    ports = layout.ports
    logins = json.loads(layout.logins_path.read_text(encoding="utf-8"))
    lines = [
        "",
        f"  Console (Spanish)     {ports.url('web')}/admin/",
        f"  Teachers' API         {ports.url('web')}/api/v1/",
        f"  Behaviour events      {ports.url('events')}/api/v1/behavior",
        f"  Government simulator  {ports.url('government')}",
        f"  Emulated AWS          {ports.url('emulator')}",
        f"  Logs                  {layout.state_dir / 'logs'}",
        "",
        f"  Demo logins (password for all: {logins['password']})",
    ]
    lines += [f"    {person['role']:<18} {person['username']:<40} {person['school_id']}" for person in logins["people"]]
    return "\n".join([*lines, "", "  make demo   walks the four flows.   Ctrl-C stops everything.", ""])


def main() -> int:
    """Run until stopped; the exit code is 0 unless something failed."""
    system: LocalSystem | None = None
    try:
        system = LocalSystem(Layout.from_environment())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: system.stop_requested.set() if system else None)
        system.start()
        say(welcome(system.layout))
        system.watch()
    except (LocalSystemError, EmulatorError) as error:
        sys.stderr.write(f"make run: {error}\n")
        return 1
    finally:
        if system:
            say("stopping")
            system.stop()
    return 0


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without AWS settings: the developer's own cloud must not leak in."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


if __name__ == "__main__":
    sys.exit(main())
