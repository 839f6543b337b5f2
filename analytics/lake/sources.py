"""The files of a month that a merge takes up, whole or bucket by bucket, and whether each belongs where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.datasets import Month
from analytics.domain.schemas import PARTITION_INSTANT
from analytics.lake import files, merging, store
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.lake.snapshots import MonthSnapshot
    from analytics.lake.store import StoredObject

_HEXADECIMAL: Final = "0123456789abcdef"


class NoRowsError(Exception):
    """A file is no Parquet file, or one whose columns are of other types."""


class Sources:
    """The files to merge. Where all are merged at once each is read once; else once for each bucket.

    ``buckets``: beginnings of pseudonyms that together are all, so many that none has much more than ``bucket_bytes``.
    """

    def __init__(self, seen: MonthSnapshot, *, bucket_bytes: int) -> None:
        self.seen = seen
        self.objects = list(seen.objects)
        self.buckets = tuple(_buckets(sum(found.size for found in seen.objects), bucket_bytes))
        self._kept: dict[str, pa.Table] = {}

    def rows_of(self, found: StoredObject, bucket: str = "") -> pa.Table:
        """A file's rows that belong to the bucket.

        Raises:
            NoRowsError: it holds none that can be read.
            StoreError: it could not be fetched, which says nothing of what it holds.
        """
        return merging.in_bucket(self._whole(found), bucket)

    def belongs(self, found: StoredObject) -> bool:
        """Whether a file can be read, and all its rows are of the school in scope and of the month's folder."""
        try:
            table = self._whole(found)
        except NoRowsError:
            return False
        instants = table.column(PARTITION_INSTANT[self.seen.dataset])
        if instants.null_count:
            return False
        bounds = pc.min_max(instants).as_py().values() if table.num_rows else ()
        schools = set(pc.unique(table.column("school_id")).to_pylist())
        return schools <= {current_school_id()} and all(_is_in(self.seen.month, instant) for instant in bounds)

    def _whole(self, found: StoredObject) -> pa.Table:
        if found.key in self._kept:
            return self._kept[found.key]
        body = store.get_object(found.key).body
        try:
            table = files.read_parquet(self.seen.dataset, body)
            table.validate(full=True)
        except MemoryError:  # pyarrow's is one of its own errors too, and says nothing of the file
            raise
        except (pa.ArrowException, OSError, KeyError) as error:  # KeyError: two columns of one name
            raise NoRowsError from error
        if len(self.buckets) == 1:
            self._kept[found.key] = table
        return table


def _is_in(month: Month, instant: int) -> bool:
    try:
        return Month.of(instant) == month
    except (ValueError, OverflowError, OSError):  # an instant that no calendar has
        return False


def _buckets(size: int, bucket_bytes: int) -> Iterator[str]:
    digits = 0
    while bucket_bytes * 16**digits < size:
        digits += 1
    prefixes = [""]
    for _ in range(digits):
        prefixes = [prefix + digit for prefix in prefixes for digit in _HEXADECIMAL]
    yield from prefixes
