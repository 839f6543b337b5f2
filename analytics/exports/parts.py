"""A file of an export as it is written, and what it is known by once it is."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from analytics.domain.exported import ONEROSTER

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "oneroster/"


@dataclass(frozen=True)
class Part:
    """A finished file: its name in the zip, where it lies until then, its bytes, rows (no header) and SHA-256."""

    name: str
    path: Path
    size: int
    rows: int
    sha256: str


def part_of(name: str, path: Path, rows: int) -> Part:
    """A finished file as a part of the export."""
    return Part(name, path, path.stat().st_size, rows, digest_of(path))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class CsvPart:
    """A CSV file of OneRoster: UTF-8, commas, CRLF, every column of the standard; what a row does not say is empty."""

    def __init__(self, folder: Path, name: str, columns: tuple[str, ...] = ()) -> None:
        self._name, self._path = name, folder / name
        self._columns = columns or ONEROSTER[name]
        self._rows = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, self._columns, restval="")
        self._writer.writeheader()
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, row: Mapping[str, str]) -> None:
        """Write a row. Raises ValueError for a column that the file has not."""
        self._writer.writerow(row)
        self._rows += 1

    def finished(self) -> Part:
        """The file, closed."""
        return part_of(FOLDER + self._name, self._path, self._rows)
