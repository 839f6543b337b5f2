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
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from deploy.emulator.extension import patching

LARGEST_CACHE_BYTES = 512 * 1024 * 1024
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_CHUNK = 200  # a file's name has at most 255 bytes
_MARK = "@"  # never in a quoted key


@dataclass(frozen=True)
class StoredObject:
    """An object of S3, as it is now."""

    bucket: str
    key: str
    etag: str
    size_bytes: int


def folder_of(key: str) -> str:
    """The folder that an object lies in, with its last slash."""
    return key[: key.rfind("/") + 1]


def folders_under(bucket: str, prefix: str) -> set[str]:
    """The folders under a prefix that hold objects: far fewer than those, and enough to tell partitions by."""
    return {folder_of(key) for key in _keys(bucket) if key.startswith(prefix)}


def objects_under(bucket: str, prefix: str, folders: Container[str] | None = None) -> Iterator[StoredObject]:
    """The objects a table reads, by key: all under its prefix, but no name or folder that begins with ``_`` or ``.``.

    With ``folders`` only those that lie in one of them.
    """
    hidden = patching.service("athena")._hidden
    found = [
        (key, record)
        for key, record in _keys(bucket).items()
        if key.startswith(prefix) and (folders is None or folder_of(key) in folders)
    ]
    for key, record in sorted(found, key=itemgetter(0)):
        if not key.endswith("/") and not hidden(key[len(prefix) :]):
            yield StoredObject(bucket, key, str(record.get("etag", "")), int(record.get("size", 0)))


def _keys(bucket: str) -> dict[str, Any]:
    """A bucket's records by key, as they are at this moment."""
    store = patching.service("s3")._buckets.get(bucket)
    return dict(store["objects"]) if store else {}


class QueryFolder:
    """A directory that one query may read. Use as a context: it is gone afterwards."""

    def __init__(self) -> None:
        self.path = str(_root() / "queries" / uuid.uuid4().hex)

    def __enter__(self) -> Self:
        os.makedirs(self.path, mode=0o700)  # noqa: PTH103 - hundreds of objects a query
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def place(self, table: int, found: StoredObject, partition: Mapping[str, str | None]) -> str:
        """The object's file: its partition as ``name=value`` folders, its key behind them, readable by ``path_sql``."""
        folders = "/".join(f"{name}={NO_VALUE if v is None else quote(v, safe='')}" for name, v in partition.items())
        key = quote(found.key, safe="")
        chunks = "/".join(key[start : start + _CHUNK] for start in range(0, len(key), _CHUNK))
        path = f"{self.path}/{table}/{folders}/{_MARK}/{chunks}{_MARK}"
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - the same
        _link(found, path)
        return path


def path_sql(bucket: str, column: str) -> str:
    """An expression that makes an object's S3 address of the engine's name for its file."""
    key = f"url_decode(replace(regexp_extract({column}, '/{_MARK}/([^{_MARK}]*){_MARK}$', 1), '/', ''))"
    return f"'s3://{bucket.replace(chr(39), chr(39) * 2)}/' || {key}"


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
