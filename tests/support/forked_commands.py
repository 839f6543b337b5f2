"""Commands of ``manage.py`` in forks of one process, which has read the settings and loaded the apps once for all.

Run as a module it takes the commands from its standard input, as JSON, and writes how each ended.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPED = "a-password\n"
_ROOT = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """How a command ended, and all it wrote."""

    exit_code: int
    stdout: str
    stderr: str


def run_commands(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> list[Ended]:
    """Run them side by side, in forks of a process with this environment; whoever is asked types ``TYPED``."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.forked_commands"],
        cwd=_ROOT,
        env=environment,
        input=json.dumps(commands),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Ended(*one) for one in json.loads(done.stdout)]


def _main() -> None:
    import django  # noqa: PLC0415 - only the process that forks

    import manage  # noqa: PLC0415 - the same

    commands = json.load(sys.stdin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
    manage._add_deploy_apps()
    django.setup()
    forks = [_Fork(command) for command in commands]
    print(json.dumps([fork.ended() for fork in forks]))  # noqa: T201 - for ``run_commands``


class _Fork:
    """A command on its way."""

    def __init__(self, command: list[str]) -> None:
        self.stdout, self.stderr = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 - closed with the process
        files = (self.stdout, self.stderr)
        self.process = multiprocessing.get_context("fork").Process(target=_manage, args=(command, *files))
        self.process.start()

    def ended(self) -> Ended:
        """Wait for its end."""
        self.process.join()
        return Ended(self.process.exitcode or 0, _text(self.stdout), _text(self.stderr))


def _manage(command: list[str], stdout: IO[str], stderr: IO[str]) -> None:
    import manage  # noqa: PLC0415 - as above

    os.dup2(stdout.fileno(), sys.stdout.fileno())
    os.dup2(stderr.fileno(), sys.stderr.fileno())
    sys.argv, sys.stdin = ["manage.py", *command], io.StringIO(TYPED)
    manage.main()


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


if __name__ == "__main__":
    _main()
