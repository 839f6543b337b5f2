"""Who listens on a port, as far as Linux's /proc tells its reader."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"
_LONGEST_COMMAND = 3  # words; and none from the first option on, since an option's value may be a secret


def listener_of(port: int) -> str:
    """The process that listens there as ``process 4711 (python -m http.server)``; empty when it cannot be found."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in _PROC.glob("[0-9]*") if wanted else ():
        with suppress(OSError):  # it has ended, or is somebody else's
            if any(str(entry.readlink()) in wanted for entry in (process / "fd").iterdir()):
                return f"process {process.name} ({_command(process)})"
    return ""


def _inodes(port: int) -> list[str]:
    found = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in (_PROC / "net" / table).read_text("ascii").splitlines()[1:]]
            found += [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]
    return found


def _command(process: Path) -> str:
    program, *words = (process / "cmdline").read_text("utf-8", errors="replace").split("\0")
    told = takewhile(lambda word: not word.startswith("--"), words[: _LONGEST_COMMAND - 1])
    return " ".join([Path(program).name, *told]).strip()
