"""Merging a month of a dataset: many small files into few, each row once, without a reader ever noticing.

In this order: the merged files are written, then the manifest, on the condition that it is still the one that was seen;
what it replaced is deleted by a later run, ``GRACE`` afterwards, when no query that saw the old files is still reading.
Stopped at any step it leaves the month as readable as it was, and the next run ends what was begun: files have their
generation and content in their names, so what is made twice is the same.

Of two runs at once one writes the manifest; the other ends with nothing done. A merged file whose generation is over
and that no manifest names can never be named by one again: it is a stopped run's, and deleted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset, Month
from analytics.errors import LakeDamagedError, MonthTooLargeError
from analytics.lake import files, layout, merging, snapshots, store
from analytics.lake.snapshots import Manifest, MergedFile
from analytics.lake.sources import Sources
from edu import clock
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.tenancy import enter_lake

if TYPE_CHECKING:
    import pyarrow as pa

    from analytics.lake.snapshots import MonthSnapshot
    from analytics.lake.store import StoredObject

GRACE: Final = timedelta(hours=1)  # no query runs for longer
BUCKET_BYTES: Final = 64 * 2**20  # of files, that are merged at once; in memory it is some twenty times that
MOST_BYTES: Final = 16 * BUCKET_BYTES  # each file is read once a bucket: in 256 of them it would take a night
_log = get_logger(__name__)


class Outcome(StrEnum):
    """What a run did with a month: nothing to do, merged it, only cleared away, or another was quicker."""

    NOTHING = "nothing"
    MERGED = "merged"
    CLEARED = "cleared"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """A month before and after: what a reader reads (files, bytes), its rows, and how many came more than once.

    ``set_aside``: files that could not be read, or held what does not belong there. ``deleted``: objects cleared away.
    """

    dataset: Dataset
    month: Month
    outcome: Outcome
    files_before: int
    bytes_before: int
    files_after: int
    bytes_after: int
    rows: int = 0
    dropped: int = 0
    set_aside: int = 0
    deleted: int = 0


def is_due(dataset: Dataset, month: Month) -> bool:
    """Whether a month of the school in scope has anything to merge or to clear away. Two calls.

    A damaged month has: merging it then says what is wrong, and a job passes it instead of standing before it.
    """
    try:
        seen = snapshots.take_month(dataset, month)
    except LakeDamagedError:
        return True
    return bool(seen.loose or _replaced(seen, clock.now()))


def compact_month(dataset: Dataset, month: Month) -> Compacted:
    """Merge a month of the school in scope, and clear away what was merged long ago. Idempotent.

    Raises:
        MonthTooLargeError: more than ``MOST_BYTES``; ``analytics.queries.merging`` has the statement for that.
        LakeChangingError, LakeDamagedError: see ``analytics.lake.snapshots``.
        AccessDeniedError, StoreUnavailableError: see ``edu.dynamo.errors``. What was done stays done.
    """
    with enter_lake():
        seen = snapshots.take_month(dataset, month)
        deleted = _clear(seen)
        if not seen.loose:
            return _told(seen, seen, Outcome.CLEARED if deleted else Outcome.NOTHING, deleted=deleted)
        if sum(found.size for found in seen.objects) > MOST_BYTES:
            raise MonthTooLargeError
        sources = Sources(seen, bucket_bytes=BUCKET_BYTES)
        bad = _set_aside(sources)
        try:
            made, dropped = _merge(sources)
        except store.ObjectReplacedError:
            return _told(seen, seen, Outcome.OVERTAKEN, deleted=deleted, set_aside=bad)
        after = snapshots.take_month(dataset, month)
        rows = sum(file.rows for file in made)
        return _told(seen, after, Outcome.MERGED, rows=rows, dropped=dropped, deleted=deleted, set_aside=bad)


def _merge(sources: Sources) -> tuple[tuple[MergedFile, ...], int]:
    """Write the merged files and the manifest; returns the files, and how many rows came more than once."""
    seen = sources.seen
    generation, made, read = _generation(seen) + 1, list[MergedFile](), 0
    for prefix in sources.buckets:
        tables = [sources.rows_of(found, prefix) for found in sources.objects]
        read += sum(table.num_rows for table in tables)
        if any(table.num_rows for table in tables):
            made.append(_written(seen, generation, merging.merged(seen.dataset, tables)))
    merged = tuple(sorted(layout.name_of(found.key) for found in (*sources.objects, *seen.left_over)))
    snapshots.write_manifest(seen, Manifest(generation, tuple(made), merged, int(clock.now().timestamp())))
    return tuple(made), read - sum(file.rows for file in made)


def _written(seen: MonthSnapshot, generation: int, table: pa.Table) -> MergedFile:
    body = files.parquet_of(table)
    digest = hashlib.sha256(body).hexdigest()
    name = layout.compacted_name(generation, digest)
    store.put_object(layout.month_folder(seen.dataset, seen.month) + name, body)
    return MergedFile(name, len(body), table.num_rows, digest)


def _set_aside(sources: Sources) -> int:
    """Rename the loose files that are none, or that hold rows of another school or month, so that no reader meets them.

    A person is told by an alarm; ``lake_audit`` says what is then missing, and fills it from the table.
    """
    bad = [found for found in sources.seen.loose if not sources.belongs(found)]
    for found in bad:
        folder, _, name = found.key.rpartition("/")
        store.rename_object(found.key, f"{folder}/{layout.UNREADABLE}{name}")
        sources.objects.remove(found)
        _log.error("a file of the lake was set aside", key=found.key, **embedded("LakeFilesSetAside", 1, COUNT))
    return len(bad)


def _clear(seen: MonthSnapshot) -> int:
    """Delete what no reader can need any more; how many objects."""
    gone = _replaced(seen, clock.now())
    store.delete_objects([found.key for found in gone])
    return len(gone)


def _replaced(seen: MonthSnapshot, now: datetime) -> list[StoredObject]:
    """Merged sources ``GRACE`` after their manifest, and files of stopped runs that can never be named again."""
    if seen.manifest is None or now.timestamp() - seen.manifest.replaced_at_epoch_s < GRACE.total_seconds():
        return []
    merged = frozenset(seen.manifest.merged)

    def is_over(found: StoredObject) -> bool:
        name = layout.name_of(found.key)
        generation = layout.generation_of(name)
        return name in merged or (generation is not None and generation <= _generation(seen))

    return [found for found in seen.left_over if is_over(found)]


def _generation(seen: MonthSnapshot) -> int:
    return seen.manifest.generation if seen.manifest else 0


def _told(before: MonthSnapshot, after: MonthSnapshot, outcome: Outcome, **counts: int) -> Compacted:
    return Compacted(
        dataset=before.dataset,
        month=before.month,
        outcome=outcome,
        files_before=len(before.objects),
        bytes_before=sum(found.size for found in before.objects),
        files_after=len(after.objects),
        bytes_after=sum(found.size for found in after.objects),
        **counts,
    )
