"""All services' state in one file, which is either the old one or the new one and never half of either.

It is written beside the old one, synced and renamed. A first line names the form; each service is a line that tells its
encoding, length and checksum, and its bytes; a last line tells how many there are. What does not fit that is refused.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

import msgspec

from deploy.emulator.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

FORM = 1
_DIRECTORY, _NAME, _UNFINISHED = "services", "all.state", "all.state.new"
_LONGEST_HEADER_BYTES = 1000


class StateDamagedError(EmulatorError):
    """The saved state cannot be read whole; it stays where it is, and nothing of it was loaded."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"the saved state {path} {problem}: `make reset` removes it and lets you begin anew")


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """What stands before a service's bytes."""

    service: str
    encoding: str
    length_bytes: int
    crc32: int


class Edge(msgspec.Struct, forbid_unknown_fields=True):
    """The file's first line (with no services yet) and its last."""

    form: int
    services: int


def state_path(state_dir: Path) -> Path:
    """Where an emulator with that state directory keeps its state."""
    return state_dir / _DIRECTORY / _NAME


def exists(path: Path) -> bool:
    """Whether there is anything to load or to refuse, also what an earlier version wrote (a JSON file a service)."""
    return path.exists() or was_cut_off(path) or any(path.parent.glob("*.json*"))


def was_cut_off(path: Path) -> bool:
    """Whether the last save ended before it was done; the state before it is at ``path``, if there was one."""
    return path.with_name(_UNFINISHED).exists()


class Writer:
    """Writes a new state beside the old one, which ``finish`` replaces. Raises OSError when the disk is full."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._new, self._services = path, path.with_name(_UNFINISHED), 0
        self._file: BinaryIO = os.fdopen(os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._line(Edge(FORM, 0))

    def add(self, service: str, encoding: str, content: bytes) -> None:
        """Add a service's state."""
        self._line(Header(service, encoding, len(content), zlib.crc32(content)))
        self._file.write(content)
        self._services += 1

    def finish(self) -> None:
        """Put the new state, which is on the disk by then, in the old one's place."""
        self._line(Edge(FORM, self._services))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._new.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _line(self, value: msgspec.Struct) -> None:
        self._file.write(msgspec.json.encode(value) + b"\n")


def read(path: Path) -> list[tuple[Header, bytes]]:
    """Every service's state; empty when there is none. All of it is checked before anything is returned.

    Raises:
        StateDamagedError: it is cut off, changed, or of a form we do not know.
    """
    if not path.exists():
        if was_cut_off(path):
            raise StateDamagedError(path.with_name(_UNFINISHED), "was cut off while it was saved for the first time")
        return []
    try:
        with path.open("rb") as file:
            if msgspec.json.decode(file.readline(_LONGEST_HEADER_BYTES), type=Edge).form != FORM:
                raise StateDamagedError(path, "is of another version")
            return list(_sections(file, path))
    except msgspec.DecodeError as error:
        raise StateDamagedError(path, "cannot be read") from error
    except OSError as error:
        raise StateDamagedError(path, f"cannot be read ({error.strerror})") from error


def _sections(file: BinaryIO, path: Path) -> Iterator[tuple[Header, bytes]]:
    found = 0
    while line := file.readline(_LONGEST_HEADER_BYTES):
        if line.startswith(b'{"form"'):
            last = msgspec.json.decode(line, type=Edge)
            if last.services != found or not line.endswith(b"\n") or file.read(1):
                raise StateDamagedError(path, "is not whole")
            return
        header = msgspec.json.decode(line, type=Header)
        content = file.read(header.length_bytes)
        if len(content) != header.length_bytes:
            raise StateDamagedError(path, "is cut off")
        if zlib.crc32(content) != header.crc32:
            raise StateDamagedError(path, f"is damaged ({header.service})")
        yield header, content
        found += 1
    raise StateDamagedError(path, "is cut off")
