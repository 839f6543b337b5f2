"""What of a month counts, in the bucket of an emulated cloud, with a school's own credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from analytics.domain.datasets import Dataset, Month
from analytics.errors import LakeChangingError, LakeDamagedError
from analytics.lake import layout, snapshots, store
from analytics.lake.snapshots import Manifest, MergedFile
from edu.dynamo.errors import AccessDeniedError
from edu.tenancy import enter_lake, enter_school
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.lake.snapshots import MonthSnapshot
    from tests.support.cloud import Cloud

MARCH = Month(2026, 3)


@pytest.fixture(autouse=True)
def in_school(cloud: Cloud, school_id: str) -> Iterator[None]:
    assert cloud
    with acting_as("worker"), enter_school(school_id):
        yield


def put(*names: str, month: Month = MARCH) -> None:
    with enter_lake():
        for name in names:
            store.put_object(layout.month_folder(Dataset.EVENTS, month) + name, name.encode())


def merge(files: tuple[str, ...], merged: tuple[str, ...], generation: int = 1) -> None:
    made = tuple(MergedFile(name, 1, 1, "0") for name in files)
    with enter_lake():
        store.put_object(
            layout.manifest_key(Dataset.EVENTS, MARCH), msgspec.json.encode(Manifest(generation, made, merged, 0))
        )


def names(month: MonthSnapshot) -> list[str]:
    return [layout.name_of(found.key) for found in month.objects]


def take() -> MonthSnapshot:
    return snapshots.take_month(Dataset.EVENTS, MARCH)


def test_month_without_anything_is_empty() -> None:
    assert names(take()) == []


def test_without_a_manifest_everything_loose_counts_and_no_merged_file_does() -> None:
    put("b.parquet", "a.parquet", "compact-1.parquet", "_hidden", ".hidden")
    found = take()
    assert names(found) == ["a.parquet", "b.parquet"]
    assert [layout.name_of(one.key) for one in found.left_over] == ["compact-1.parquet"]


def test_from_the_manifest_on_the_merged_files_count_instead_of_their_sources() -> None:
    put("a.parquet", "b.parquet", "compact-1.parquet")
    merge(("compact-1.parquet",), ("a.parquet", "b.parquet"))
    put("c.parquet")
    found = take()
    assert names(found) == ["compact-1.parquet", "c.parquet"]
    assert [layout.name_of(one.key) for one in found.left_over] == ["a.parquet", "b.parquet"]


def test_sources_that_are_deleted_already_are_not_missed() -> None:
    put("compact-1.parquet")
    merge(("compact-1.parquet",), ("a.parquet",))
    assert names(take()) == ["compact-1.parquet"]


def test_merged_file_that_is_gone_is_an_error_and_not_an_empty_month() -> None:
    merge(("compact-1.parquet",), ())
    with pytest.raises(LakeDamagedError):
        take()


def test_manifest_that_cannot_be_read_is_an_error() -> None:
    put("_manifest.json")
    with pytest.raises(LakeDamagedError):
        take()


def test_month_that_is_merged_between_listing_and_manifest_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.parquet", "compact-1.parquet", "compact-2.parquet")
    merge(("compact-1.parquet",), ("a.parquet",))
    read = store.get_object

    def merged_before(key: str) -> store.Content:
        monkeypatch.setattr(store, "get_object", read)
        merge(("compact-2.parquet",), ("a.parquet", "compact-1.parquet"), generation=2)
        return read(key)

    monkeypatch.setattr(store, "get_object", merged_before)
    found = take()
    assert names(found) == ["compact-2.parquet"]
    assert found.manifest is not None
    assert found.manifest.generation == 2


def test_month_that_changes_each_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    put("compact-1.parquet")
    merge(("compact-1.parquet",), ())
    monkeypatch.setattr(store, "get_object", lambda key: store.Content(key.encode(), "another"))
    with pytest.raises(LakeChangingError):
        take()


def test_snapshot_of_months_knows_its_objects_and_bytes() -> None:
    put("a.parquet")
    put("bb.parquet", month=Month(2026, 4))
    found = snapshots.take(Dataset.EVENTS, Month.between(MARCH, Month(2026, 5)))
    assert [layout.name_of(one.key) for one in found.objects] == ["a.parquet", "bb.parquet"]
    assert found.size == len("a.parquet") + len("bb.parquet")


def test_own_scope_reads_the_lake_and_only_the_lakes_writes(other_school_id: str) -> None:
    key = layout.month_folder(Dataset.EVENTS, MARCH) + "a.parquet"
    with pytest.raises(AccessDeniedError):
        store.put_object(key, b"x")
    with pytest.raises(AccessDeniedError):
        store.delete_objects([key])
    put("a.parquet")
    assert store.get_object(key).body == b"a.parquet"
    with enter_school(other_school_id):
        with pytest.raises(AccessDeniedError):
            store.get_object(key)
        with enter_lake():
            for attempt in (
                lambda: store.get_object(key),
                lambda: store.put_object(key, b"x"),
                lambda: store.delete_objects([key]),
                lambda: list(store.list_folder(key.rpartition("/")[0] + "/")),
            ):
                with pytest.raises(AccessDeniedError):
                    attempt()
    with enter_lake():
        store.delete_objects([key])
    assert names(take()) == []
