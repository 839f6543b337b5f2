"""A school's rows as the objects of its months: merged ones with their manifest, the newest as they were delivered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.datasets import Dataset, Month
from analytics.domain.schemas import PARTITION_INSTANT
from analytics.lake import merging
from analytics.lake.files import parquet_of
from analytics.lake.layout import PARQUET, compacted_name
from analytics.lake.snapshots import Manifest, MergedFile
from tests.bench.lake import columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

LOOSE_MONTHS = 2
_TWICE_IN = 50  # one row of so many is delivered again
_MERGED_AT_HOUR = 3


@dataclass(frozen=True, slots=True)
class LakeFile:
    """An object that is to lie in a month's folder."""

    name: str
    body: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class MonthFiles:
    """A month of one dataset: its objects, and its manifest if it was merged."""

    dataset: Dataset
    month: Month
    files: tuple[LakeFile, ...]
    manifest: Manifest | None = None


def months_of(dataset: Dataset, table: pa.Table, as_of: date) -> Iterator[MonthFiles]:
    """The months of a table that is in the stream's order; the newest two are not merged yet."""
    numbers = columns.month_numbers(table[PARTITION_INSTANT[dataset]])
    first_loose = as_of.year * 12 + as_of.month - LOOSE_MONTHS
    for number in sorted(pc.unique(numbers).to_pylist()):
        month, rows = Month(number // 12, number % 12 + 1), table.filter(pc.equal(numbers, number))
        yield _merged(dataset, month, rows) if number < first_loose else _loose(dataset, month, rows)


def _merged(dataset: Dataset, month: Month, rows: pa.Table) -> MonthFiles:
    """One file with every identity once, and the manifest that names it, as the nightly merge writes them."""
    counted = merging.merged(dataset, [rows])
    body = parquet_of(counted)
    digest = hashlib.sha256(body).hexdigest()
    file = LakeFile(compacted_name(1, digest), body, counted.num_rows)
    following = Month(month.year + month.month // 12, month.month % 12 + 1)
    written_at = datetime(following.year, following.month, 1, _MERGED_AT_HOUR, tzinfo=UTC)
    merged = MergedFile(file.name, len(body), counted.num_rows, digest)
    return MonthFiles(dataset, month, (file,), Manifest(1, (merged,), (), int(written_at.timestamp())))


def _loose(dataset: Dataset, month: Month, rows: pa.Table) -> MonthFiles:
    """One file a day of delivery, each with a few rows of the one before once more."""
    days = pc.floor(pc.divide(rows["changed_at_epoch_s"], 86_400.0))
    files, before = [], rows.slice(0, 0)
    for day in sorted(pc.unique(days).to_pylist()):
        fresh = rows.filter(pc.equal(days, day))
        again = before.take(pa.array(range(0, before.num_rows, _TWICE_IN), pa.int64()))
        delivered = pa.concat_tables([again, fresh]).combine_chunks()
        files.append(LakeFile(_delivered_name(dataset, day, fresh), parquet_of(delivered), delivered.num_rows))
        before = fresh
    return MonthFiles(dataset, month, tuple(files))


def _delivered_name(dataset: Dataset, day: float, rows: pa.Table) -> str:
    """As Firehose names what it delivers: stream, version, instant, and something random."""
    instant: Any = datetime.fromtimestamp(day * 86_400 + 86_399, UTC)
    unique = rows["change_id"][0].as_py()
    return f"libreta-{dataset.value}-1-{instant:%Y-%m-%d-%H-%M-%S}-{unique}{PARQUET}"
