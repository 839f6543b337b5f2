"""The emulator's options and its command line."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.emulator.errors import EmulatorError

DEFAULT_PORT = 4566
DEFAULT_STATE_DIR = Path(".libreta/emulator")
HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
_LAST_PORT = 65535
_PROTECTIONS = (
    ("leading-keys", "dynamodb:LeadingKeys"),
    ("query-bounds", "the bounds of Athena's queries"),
    ("challenge-sessions", "the checks of Cognito's challenges and of origins"),
)


@dataclass(frozen=True)
class EmulatorOptions:
    """How one emulator runs.

    ``state_dir`` holds everything it writes: the services' state, S3 objects, the root credentials and the log.
    Without ``persist`` every start is empty. Without ``leading_keys`` the key ``dynamodb:LeadingKeys`` is absent
    from every request, as in stock ministack: a switch for the test that must fail then. So are ``query_bounds``
    (Athena kept to one SELECT and its caller's data) and ``challenge_sessions`` (Cognito's challenges answered by who
    was asked, from no foreign page). With ``parent_pid`` it ends when that process, which must have started it, ends.

    Raises:
        EmulatorError: ``port`` is not a port number.
    """

    port: int = DEFAULT_PORT
    state_dir: Path = DEFAULT_STATE_DIR
    persist: bool = True
    leading_keys: bool = True
    query_bounds: bool = True
    challenge_sessions: bool = True
    delivery_interval_s: float = 1.0
    ttl_interval_s: float = 5.0
    parent_pid: int = 0

    def __post_init__(self) -> None:
        """Refuse a number outside the range of ports."""
        if not 1 <= self.port <= _LAST_PORT:
            raise EmulatorError(f"port {self.port} is not between 1 and {_LAST_PORT}")

    @property
    def endpoint_url(self) -> str:
        """Where the AWS SDK must be pointed (``AWS_ENDPOINT_URL``)."""
        return f"http://{HOST}:{self.port}"

    def arguments(self) -> list[str]:
        """The command line that means these options."""
        arguments = ["--port", str(self.port), "--state-dir", str(self.state_dir)]
        arguments += ["--delivery-interval", str(self.delivery_interval_s)]
        arguments += ["--ttl-interval", str(self.ttl_interval_s)]
        if not self.persist:
            arguments.append("--no-persist")
        arguments += [f"--without-{name}" for name, _what in _PROTECTIONS if not getattr(self, _field(name))]
        if self.parent_pid:
            arguments += ["--parent", str(self.parent_pid)]
        return arguments


def _field(protection: str) -> str:
    return protection.replace("-", "_")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the emulator's options on ``parser``."""
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--state-dir", type=Path, default=DEFAULT_STATE_DIR, help="default: %(default)s")
    parser.add_argument("--no-persist", action="store_true", help="forget everything at the end")
    for name, what in _PROTECTIONS:
        parser.add_argument(
            f"--without-{name}", action="store_true", help=f"leave {what} out, to see the isolation tests fail"
        )
    parser.add_argument(
        "--delivery-interval",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="longest a Firehose record waits here, whatever the template's 60-900 s say (default: %(default)s)",
    )
    parser.add_argument(
        "--ttl-interval",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how often expired items are looked for (default: %(default)s; AWS may take days)",
    )
    parser.add_argument("--parent", type=int, default=0, metavar="PID", help="end when this process, its parent, ends")


def from_mapping(parsed: Mapping[str, Any]) -> EmulatorOptions:
    """The options a parsed command line asks for (argparse's names).

    Raises:
        EmulatorError: the port is not a port number.
    """
    return EmulatorOptions(
        port=parsed["port"],
        state_dir=parsed["state_dir"].absolute(),
        persist=not parsed["no_persist"],
        **{_field(name): not parsed[f"without_{_field(name)}"] for name, _what in _PROTECTIONS},
        delivery_interval_s=parsed["delivery_interval"],
        ttl_interval_s=parsed["ttl_interval"],
        parent_pid=parsed["parent"],
    )


def parse(arguments: Sequence[str] | None = None) -> EmulatorOptions:
    """Read a command line; leaves the process with a usage message when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m deploy.emulator", description="Run Libreta's AWS emulator.")
    add_arguments(parser)
    return from_mapping(vars(parser.parse_args(arguments)))
