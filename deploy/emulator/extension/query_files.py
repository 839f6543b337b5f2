"""The files of one query: hard links in a directory of its own, so that nothing is copied and nothing else is in reach.

An object that S3 keeps on disk is linked from there; one kept in memory is written once a version, in a cache that
``LARGEST_CACHE_BYTES`` bounds (the least lately used go), and linked from that. A hard link has no target to follow,
and the engine is allowed the query's directory alone (``query_engine``): no query can name S3's files or the cache.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names; ministack's values have no types

import atexit
import os
import shutil
import tempfile
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import filterfalse, takewhile
from operator import is_not
from pathlib import Path
from typing import Any, Self

from deploy.emulator.extension import patching

LARGEST_CACHE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """An object of S3, as it is now."""

    bucket: str
    key: str
    etag: str
    size_bytes: int


class Folders:
    """A bucket's objects by their folders, as they were when it was last looked at."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._known: set[str] = set()
        self._last: str | None = None
        self._folders: dict[str, set[str]] = {}
        self._versions: dict[str, int] = {}

    def look(self) -> Self:
        """Take in which keys have come and gone since.

        A dict keeps its keys in the order in which they came. Where as many are left up to the last one known as were
        known, none of those has gone; else all keys are gone through. Each step is one of C's, which no thread divides.
        """
        now = _records(self._bucket)
        new = list(takewhile(partial(is_not, self._last), reversed(now)))
        if len(self._known) + len(new) != len(now):
            new = list(filterfalse(self._known.__contains__, reversed(now)))
            for key in self._known.difference(now):
                self._take_out(key)
        for key in reversed(new):
            self._put_in(key)
        self._last = next(reversed(now), None)
        return self

    def version(self, prefix: str) -> int:
        """Another number whenever the folders under the prefix are others."""
        return self._versions.setdefault(prefix, 0)

    def under(self, prefix: str) -> list[str]:
        """The folders under a prefix that hold objects: far fewer than those, and enough to tell partitions by."""
        return [folder for folder in self._folders if folder.startswith(prefix)]

    def objects(self, prefix: str, folders: Iterable[str]) -> Iterator[StoredObject]:
        """The objects a table reads of these folders, by key: no name or folder that begins with ``_`` or ``.``."""
        hidden = patching.service("athena")._hidden
        records = _records(self._bucket)
        for key in sorted(key for folder in folders for key in self._folders.get(folder, ())):
            if key.startswith(prefix) and not key.endswith("/") and not hidden(key[len(prefix) :]):
                record = records[key]
                yield StoredObject(self._bucket, key, str(record.get("etag", "")), int(record.get("size", 0)))

    def _put_in(self, key: str) -> None:
        self._known.add(key)
        folder = folder_of(key)
        if folder not in self._folders:
            self._folders[folder] = set()
            self._count_change(folder)
        self._folders[folder].add(key)

    def _take_out(self, key: str) -> None:
        self._known.remove(key)
        folder = folder_of(key)
        self._folders[folder].remove(key)
        if not self._folders[folder]:
            del self._folders[folder]
            self._count_change(folder)

    def _count_change(self, folder: str) -> None:
        for prefix in self._versions:
            if folder.startswith(prefix):
                self._versions[prefix] += 1


def folder_of(key: str) -> str:
    """The folder that an object lies in, with its last slash."""
    return key[: key.rfind("/") + 1]


def _records(bucket: str) -> dict[str, Any]:
    store = patching.service("s3")._buckets.get(bucket)
    return store["objects"] if store else {}


class QueryFolder:
    """A directory that one query may read, empty before and after. Use as a context.

    It is kept for a later query: to remove one takes the file system as long as to read some twenty files.
    """

    def __enter__(self) -> Self:
        spare = _spare_folders()
        if spare:
            self.path = spare.pop()
        else:
            self.path = str(_root() / "queries" / uuid.uuid4().hex)
            os.makedirs(self.path, mode=0o700)  # noqa: PTH103 - hundreds of objects a query
        self._placed = 0
        return self

    def __exit__(self, *_: object) -> None:
        with os.scandir(self.path) as entries:
            for entry in entries:
                os.unlink(entry)  # noqa: PTH108 - the same
        _spare_folders().append(self.path)

    def place(self, found: StoredObject) -> str:
        """The object's file. Its name is its number in the directory, from 1."""
        self._placed += 1
        path = f"{self.path}/{self._placed}"
        _link(found, path)
        return path


def _link(found: StoredObject, path: str) -> None:
    s3 = patching.service("s3")
    record = s3._buckets[found.bucket]["objects"][found.key]
    on_disk = s3._object_disk_path(found.bucket, found.key) if record.get("body") is None and s3.S3_PERSIST else None
    try:
        os.link(on_disk or _cache().file_of(found), path)
    except OSError:  # another file system, or one without links
        with open(path, "wb") as file:  # noqa: PTH123 - the same
            file.write(_body(found))


def _body(found: StoredObject) -> bytes:
    body: Any = patching.service("s3")._get_object_data(found.bucket, found.key)
    return bytes(body or b"")


class BodyCache:
    """Bodies as files, one a version of an object, bounded by their bytes together."""

    def __init__(self, folder: Path, largest_bytes: int) -> None:
        self._folder, self._largest_bytes = folder, largest_bytes
        self._files: OrderedDict[tuple[str, str, str], tuple[str, int]] = OrderedDict()
        self.bytes = 0

    def file_of(self, found: StoredObject) -> str:
        """The object's file, written when it is not there. What was linked stays readable when it is let go here."""
        name = (found.bucket, found.key, found.etag)
        if name in self._files:
            self._files.move_to_end(name)
            return self._files[name][0]
        path, body = self._folder / uuid.uuid4().hex, _body(found)
        path.write_bytes(body)
        self._files[name] = (str(path), len(body))
        self.bytes += len(body)
        while self.bytes > self._largest_bytes and len(self._files) > 1:
            _, (oldest, size) = self._files.popitem(last=False)
            Path(oldest).unlink(missing_ok=True)
            self.bytes -= size
        return str(path)


@cache
def _cache() -> BodyCache:
    folder = _root() / "objects"
    folder.mkdir(mode=0o700)
    return BodyCache(folder, LARGEST_CACHE_BYTES)


@cache
def _spare_folders() -> list[str]:
    return []


@cache
def _root() -> Path:
    """A directory of this process on S3's own file system, where links to its files are possible."""
    s3 = patching.service("s3")
    beside = Path(s3.DATA_DIR).parent
    if s3.S3_PERSIST and beside.is_dir():
        root = beside / "query-files"
        shutil.rmtree(root, ignore_errors=True)  # what a kill left
        root.mkdir(mode=0o700)
    else:
        root = Path(tempfile.mkdtemp(prefix="libreta-queries-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def install() -> None:
    """Check that ministack's S3 keeps its objects as this module finds them."""
    s3, athena = patching.service("s3"), patching.service("athena")
    patching.require(athena, "_hidden", "relative_key")
    patching.require(s3, "_get_object_data", "bucket_name key version_id")
    patching.require(s3, "_object_disk_path", "bucket key account_id")
    patching.require_attribute(s3, "DATA_DIR", str)
    patching.require_attribute(s3, "S3_PERSIST", bool)
