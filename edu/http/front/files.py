"""Files as answers: read at once, and kept, so that a hundred readers of a large one hold it once.

Only for the static files of a release (WhiteNoise): they do not change while it runs, and are everybody's.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_KEPT = 64


class kept_file:  # noqa: N801 - PEP 3333 has a function here; it is a class for its close()
    """``wsgi.file_wrapper`` (PEP 3333): the file's content in one piece."""

    def __init__(self, file: IO[bytes], _block_bytes: int = 0) -> None:
        self._file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        yield _content(self._file)


def _content(file: IO[bytes]) -> bytes:
    """A file's content. What is no whole file on a disk (a part of one, for a ``Range``) is read each time."""
    if not isinstance(getattr(file, "name", None), str) or file.tell():
        return file.read()
    stat = os.fstat(file.fileno())
    return _kept(file.name, stat.st_ino, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=_MOST_KEPT)
def _kept(path: str, *_version: int) -> bytes:
    return Path(path).read_bytes()
