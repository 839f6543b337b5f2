"""Which objects of a month are to be read together: every row once, whatever is merged at the same time.

A month is merged by writing new files, then a manifest that names them and what they replace, and only later deleting
what was replaced. A reader takes the listing, then the manifest that it tells of, and begins again if that is another
by then. What it then reads are the manifest's files and all that is neither merged nor a merged file: from the instant
of the manifest's writing the old files stop counting and the new ones begin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from analytics.domain.datasets import Dataset, Month
from analytics.errors import LakeChangingError, LakeDamagedError
from analytics.lake import layout, store
from analytics.lake.store import Content, StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_TRIES: Final = 5


class MergedFile(msgspec.Struct, frozen=True):
    """A file that a merge made: its name in the month's folder, bytes, rows and SHA-256."""

    name: str
    size: int
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What was merged: ``files`` hold all rows of ``merged``, the names of files that count no more.

    ``generation`` counts the merges of the month, from 1; it stands in the names of the files that a merge makes.
    ``replaced_at_epoch_s``: when this manifest was written; what it replaces is deleted long after that.
    """

    generation: int
    files: tuple[MergedFile, ...]
    merged: tuple[str, ...]
    replaced_at_epoch_s: int


@dataclass(frozen=True, slots=True)
class MonthSnapshot:
    """What of a month counts at one instant. ``loose``: what no merge has taken up yet."""

    dataset: Dataset
    month: Month
    manifest: Manifest | None
    manifest_etag: str | None = None
    compacted: tuple[StoredObject, ...] = ()
    loose: tuple[StoredObject, ...] = ()
    left_over: tuple[StoredObject, ...] = ()

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """What is to be read."""
        return self.compacted + self.loose


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What of several months counts."""

    months: tuple[MonthSnapshot, ...] = field(default=())

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """What is to be read of all of them."""
        return tuple(found for month in self.months for found in month.objects)

    @property
    def size(self) -> int:
        """The bytes of all that."""
        return sum(found.size for found in self.objects)


def take(dataset: Dataset, months: Iterable[Month]) -> Snapshot:
    """What counts of these months, of the school in scope. At most two calls a month.

    Raises:
        LakeChangingError: a month was merged again and again meanwhile.
        LakeDamagedError: a manifest cannot be read, or a file that it names is gone.
        AccessDeniedError, StoreUnavailableError: see ``edu.dynamo.errors``.
    """
    return Snapshot(tuple(take_month(dataset, month) for month in months))


def take_month(dataset: Dataset, month: Month) -> MonthSnapshot:
    """The same, of one month."""
    key, folder = layout.manifest_key(dataset, month), layout.month_folder(dataset, month)
    for _ in range(_TRIES):
        listed = {found.key: found for found in store.list_folder(folder)}
        if key not in listed:
            return _snapshot(dataset, month, None, listed)
        manifest = store.get_object(key)
        if manifest.etag == listed[key].etag:
            return _snapshot(dataset, month, manifest, listed)
    raise LakeChangingError


def _snapshot(
    dataset: Dataset, month: Month, content: Content | None, listed: Mapping[str, StoredObject]
) -> MonthSnapshot:
    manifest = _parsed(content.body) if content else None
    named = {file.name for file in manifest.files} if manifest else frozenset[str]()
    merged = frozenset(manifest.merged) if manifest else frozenset[str]()
    visible = {layout.name_of(key): found for key, found in listed.items() if not layout.is_hidden(key)}
    if not named <= visible.keys():
        raise LakeDamagedError("a merged file is gone")
    loose = [n for n in visible if n not in named and n not in merged and not n.startswith(layout.COMPACTED)]
    left_over = visible.keys() - named - set(loose)
    return MonthSnapshot(
        dataset,
        month,
        manifest,
        content.etag if content else None,
        compacted=tuple(visible[name] for name in sorted(named)),
        loose=tuple(visible[name] for name in sorted(loose)),
        left_over=tuple(visible[name] for name in sorted(left_over)),
    )


def write_manifest(seen: MonthSnapshot, manifest: Manifest) -> None:
    """Make the manifest the one that counts: from here on readers see its files instead of what it merged.

    Raises:
        ObjectReplacedError: another was written since the snapshot ``seen``; nothing changed.
    """
    body = msgspec.json.format(msgspec.json.encode(manifest))
    store.replace_object(layout.manifest_key(seen.dataset, seen.month), body, etag=seen.manifest_etag)


def _parsed(body: bytes) -> Manifest:
    try:
        return msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError as error:
        raise LakeDamagedError("a manifest cannot be read") from error
