"""The files of an upload: those of a folder, or of one zip, within bounds that hold whatever a zip says of itself."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from evaluations.roster_files.problems import Report

MAX_FILES = 60
MAX_BYTES = 128 * 1024 * 1024  # all files together, unpacked: some ten times 5,000 students with their enrolments
ARCHIVE = "archive"
_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_ENTRY, _MOST_ENTRIES = b"PK\x01\x02", 1000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
# what the module raises of bytes that are no zip, or a broken one
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    OverflowError,
    OSError,
    NotImplementedError,
    EOFError,
    RuntimeError,
)
_OF_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def is_zip(content: bytes) -> bool:
    """Whether it begins like a zip file (a workbook is one too)."""
    return content.startswith(_ZIP)


def holds(content: bytes, name: str) -> bool:
    """Whether a zip has a file of this path; one that cannot be opened has none."""
    if _is_crowded(content):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return name in archive.namelist()
    except _UNREADABLE:
        return False


def unpack(content: bytes, report: Report, *, file: str = ARCHIVE, folders: int = 1) -> dict[str, bytes]:
    """The files of a zip, which may stand in so many folders: by name, or where there are more of them by path.

    Nothing is written anywhere. What is wrong is in the report: entries go by their number, for a name may be anything.
    """
    if _is_crowded(content):
        report.refuse(file, "too_large")
        return {}
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _UNREADABLE:
        report.refuse(file, "bad_archive")
        return {}
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_of_a_system(entry.filename)]
        if len(entries) > MAX_FILES:
            report.refuse(file, "too_large")
            return {}
        return _read(archive, entries, report, file, folders)


def read_paths(paths: Iterable[Path]) -> dict[str, bytes]:
    """Files by name, and those that stand in folders among them: no more of anything than ``check_bounds`` refuses.

    Raises:
        OSError: one is not there, or may not be read.
    """
    found: dict[str, bytes] = {}
    left = MAX_BYTES + 1
    for path in islice(_files(paths), MAX_FILES + 1):
        with path.open("rb") as file:
            found[path.name] = file.read(left)
        left -= len(found[path.name])
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = (one for one in sorted(path.iterdir()) if one.is_file() and not one.is_symlink())
        yield from (one for one in inside if not _is_of_a_system(one.name))


def check_bounds(files: Mapping[str, bytes], report: Report) -> bool:
    """Whether what was given is neither nothing nor too much."""
    if not files:
        report.refuse(ARCHIVE, "empty")
    elif len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        report.refuse(ARCHIVE, "too_large")
    else:
        return True
    return False


def _is_crowded(content: bytes) -> bool:
    """Whether its directory has far more entries than are read: opening it would hold them all."""
    return content.count(_ENTRY) > _MOST_ENTRIES


def _read(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], report: Report, file: str, folders: int
) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    for number, entry in enumerate(entries, start=1):
        path = PurePosixPath(entry.filename)
        name = path.name if folders == 1 else entry.filename
        if rule := _fault(entry, path, folders) or ("repeated" if name in found else ""):
            report.refuse(file, rule, row=number)
            continue
        try:
            with archive.open(entry) as unpacked:
                content = unpacked.read(left + 1)
        except _UNREADABLE:
            report.refuse(file, "bad_archive", row=number)
            continue
        left -= len(content)
        if left < 0:
            report.refuse(file, "too_large", row=number)
            return {}
        found[name] = content
    return found


def _fault(entry: zipfile.ZipInfo, path: PurePosixPath, folders: int) -> str:
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.compress_type not in _METHODS:
        return "bad_archive"
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        return "unsafe_path"
    return "unsafe_path" if len(path.parts) > folders + 1 else ""


def _is_of_a_system(name: str) -> bool:
    """Whether a system put it there beside the files."""
    return any(part in _OF_SYSTEMS for part in PurePosixPath(name).parts)
