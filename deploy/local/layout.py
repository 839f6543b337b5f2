"""Where the local system keeps its things and which ports it uses."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
_LAST_PORT = 65535
_ENVIRONMENT_NAME = "local.env"


class LocalSystemError(Exception):
    """The local system cannot start or go on; the message is one line for a person."""


@dataclass(frozen=True)
class Ports:
    """The ports on 127.0.0.1, each movable by ``LIBRETA_<NAME>_PORT``."""

    emulator: int = 4566
    web: int = 8000
    events: int = 8001
    government: int = 8002

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Ports:
        """The ports asked for.

        Raises:
            LocalSystemError: one is no port, or two are the same.
        """
        names = {field.name: cls.setting(field.name) for field in fields(cls)}
        given = {
            name: _port(setting, environment[setting]) for name, setting in names.items() if setting in environment
        }
        ports = cls(**given)
        if len(set(vars(ports).values())) < len(names):
            raise LocalSystemError(f"each of {', '.join(names.values())} needs a port of its own")
        return ports

    @staticmethod
    def setting(name: str) -> str:
        """The variable that moves one of them."""
        return f"LIBRETA_{name.upper()}_PORT"

    def url(self, name: str) -> str:
        """The base URL of one of them."""
        return f"http://{HOST}:{getattr(self, name)}"


@dataclass(frozen=True)
class Layout:
    """The state directory (``LIBRETA_STATE_DIR``, default ``.libreta`` in the clone) and what stands in it."""

    state_dir: Path
    ports: Ports

    @classmethod
    def from_environment(cls) -> Layout:
        """The layout this process's environment asks for. Same errors as ``Ports.from_environment``."""
        return cls(_state_dir(), Ports.from_environment(os.environ))

    @classmethod
    def of_running(cls) -> Layout:
        """The layout of the system that was started last in the state directory; the environment wins."""
        state_dir = _state_dir()
        return cls(state_dir, Ports.from_environment(read_environment(state_dir / _ENVIRONMENT_NAME) | os.environ))

    @property
    def emulator_dir(self) -> Path:
        """The emulated cloud's own state."""
        return self.state_dir / "emulator"

    @property
    def is_started(self) -> bool:
        """Whether a system was ever started here."""
        return (self.state_dir / _ENVIRONMENT_NAME).is_file()

    @property
    def logins_path(self) -> Path:
        """The demo people's logins, readable by their owner only."""
        return self.state_dir / "demo-logins.json"

    def log_path(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.state_dir / "logs" / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """The settings every local process reads. Secrets are made once and kept; ports may move."""
        kept = read_environment(self.state_dir / _ENVIRONMENT_NAME)
        return {
            "LIBRETA_ENV": "dev",
            "LIBRETA_CLOUD": "local",
            "LIBRETA_STATE_DIR": str(self.state_dir),
            "LIBRETA_SECRET_KEY": kept.get("LIBRETA_SECRET_KEY") or secrets.token_urlsafe(48),
            "LIBRETA_PSEUDONYM_KEY": kept.get("LIBRETA_PSEUDONYM_KEY") or secrets.token_urlsafe(48),
            "LIBRETA_GOV_API_KEY": kept.get("LIBRETA_GOV_API_KEY") or secrets.token_urlsafe(24),
            "LIBRETA_GOV_API_URL": self.ports.url("government"),
            "LIBRETA_SQS_WAIT_TIME_S": "2",
            "LIBRETA_EVENT_BATCH_S": "1",
            "AWS_ENDPOINT_URL": self.ports.url("emulator"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": str(self.state_dir / "aws-credentials"),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_PROFILE": "operator",
            **{Ports.setting(name): str(port) for name, port in vars(self.ports).items()},
        }

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Leave the settings in ``local.env`` for later commands. Only for who holds the state directory."""
        text = "".join(f"{name}={value}\n" for name, value in environment.items())
        write_private(self.state_dir / _ENVIRONMENT_NAME, text)


def read_environment(path: Path) -> dict[str, str]:
    """The ``NAME=value`` lines of a file, none when it is not there."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _state_dir() -> Path:
    return Path(os.environ.get("LIBRETA_STATE_DIR", SOURCE_ROOT / ".libreta")).absolute()


def _port(setting: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _LAST_PORT):
        raise LocalSystemError(f"{setting}={text} is not a port: give a number from 1 to {_LAST_PORT}")
    return int(text)
