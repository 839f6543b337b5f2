"""Merging a school's month in an emulated cloud: killed at every call, run twice, run by two, read all the while."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow as pa
import pytest

from analytics.athena import run_query
from analytics.domain.datasets import Dataset, Month
from analytics.errors import LakeDamagedError
from analytics.lake import files, layout, snapshots, store
from analytics.services import compacting
from analytics.services.compacting import Compacted, Outcome, compact_month
from edu.tenancy import enter_lake, enter_school
from tests.support.cloud import acting_as
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.lake.store import StoredObject
    from tests.support.cloud import Cloud

MARCH, NOON_S = Month(2026, 3), 1_772_366_400
EVENTS = Dataset.EVENTS
FILES, ROWS = 30, 20
WRITES = ("put_object", "replace_object", "delete_objects", "rename_object")


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture(autouse=True)
def in_school(cloud: Cloud, school_id: str) -> Iterator[str]:
    assert cloud
    with acting_as("worker"), enter_school(school_id):
        yield school_id


def event(of_school: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "change_id": f"c{number}",
        "op": "INSERT",
        "school_id": of_school,
        "event_id": f"event-{number}",
        "student_pseudonym": f"{number % 16:x}{number % 7}",
        "kind": "late",
        "value": "",
        "occurred_at_epoch_s": NOON_S + number,
        "arrived_at_epoch_s": NOON_S + number,
        "schema_version": 2,
        "sequence": str(number),
        "arrived_at_ms": (NOON_S + number) * 1000,
    } | more


def deliver(name: str, rows: list[dict[str, Any]]) -> None:
    with enter_lake():
        store.put_object(layout.month_folder(EVENTS, MARCH) + name, files.parquet_of(files.table_of(EVENTS, rows)))


def deliver_many(school_id: str, count: int = FILES) -> None:
    """Files of ``ROWS`` events; each repeats three of the file before."""
    for number in range(count):
        first = number * ROWS
        deliver(f"libreta-{number:03}.parquet", [event(school_id, n) for n in range(max(0, first - 3), first + ROWS)])


def ids() -> list[str]:
    """The events a reader finds, as often as it finds them."""
    return sorted(
        identity
        for found in snapshots.take_month(EVENTS, MARCH).objects
        for identity in files.read_parquet(EVENTS, store.get_object(found.key).body).column("event_id").to_pylist()
    )


def everything() -> dict[str, str]:
    """Every object of the month with its tag."""
    return {found.key: found.etag for found in store.list_folder(layout.month_folder(EVENTS, MARCH))}


def count_by_athena(school_id: str, objects: tuple[StoredObject, ...]) -> tuple[str | None, ...]:
    """Rows and different events of these objects, as Athena counts them."""
    paths = ", ".join(f"'{store.url_of(found.key)}'" for found in objects)
    (row,) = run_query(
        f"SELECT count(*), count(DISTINCT event_id) FROM events WHERE school = '{school_id}'"
        f' AND year = 2026 AND month = 3 AND "$path" IN ({paths})'
    )
    return row


def run() -> Compacted:
    return compact_month(EVENTS, MARCH)


@contextmanager
def later() -> Iterator[None]:
    """An hour on, as far as a merge looks at the clock: S3 takes no signature of another time."""
    with mock.patch.object(compacting, "GRACE", -timedelta(minutes=1)):
        yield


def all_ids(count: int = FILES) -> list[str]:
    return sorted(f"event-{number}" for number in range(count * ROWS))


def test_thirty_files_become_one_with_every_row_once(in_school: str) -> None:
    deliver_many(in_school)
    assert len(ids()) == FILES * ROWS + 3 * (FILES - 1)
    done = run()
    assert ids() == all_ids()
    assert (done.outcome, done.files_before, done.files_after) == (Outcome.MERGED, FILES, 1)
    assert (done.rows, done.dropped) == (FILES * ROWS, 3 * (FILES - 1))
    assert done.bytes_after < done.bytes_before


def test_run_again_changes_no_byte_and_what_was_merged_goes_after_an_hour(in_school: str) -> None:
    deliver_many(in_school, 5)
    run()
    before = everything()
    assert run().outcome is Outcome.NOTHING
    assert everything() == before
    with later():
        assert run().deleted == 5
        assert ids() == all_ids(5)
        left = everything()
        assert run().outcome is Outcome.NOTHING
        assert everything() == left
    assert min(map(layout.name_of, left)) == "_manifest.json"
    assert len(left) == 2


def test_what_comes_after_a_merge_is_merged_with_it(in_school: str) -> None:
    deliver_many(in_school, 4)
    run()
    deliver("late.parquet", [event(in_school, n) for n in range(70, 90)])
    assert len(ids()) == 100
    done = run()
    assert (done.dropped, done.files_before, done.files_after) == (10, 2, 1)
    assert ids() == sorted(f"event-{number}" for number in range(90))
    with later():
        assert run().deleted == 6  # five loose ones and the first merge's
        assert ids() == sorted(f"event-{number}" for number in range(90))


@pytest.mark.parametrize("again", ["at once", "after an hour"])
def test_killed_at_every_call_and_run_again_it_ends_the_same(
    in_school: str, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    deliver_many(in_school, 3)
    calls, kill_at = [0], [0]

    def counted(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] == kill_at[0]:
                raise KilledError
            result = original(*args, **kwargs)
            if calls[0] == -kill_at[0]:
                raise KilledError
            return result

        return call

    for name in (*WRITES, "get_object", "list_folder"):
        monkeypatch.setattr(store, name, counted(getattr(store, name)))
    kills = 0
    for step in [number for k in range(1, 40) for number in (k, -k)]:
        calls[0], kill_at[0] = 0, step
        try:
            run()
        except KilledError:
            kills += 1
        else:
            calls[0], kill_at[0] = 0, 0
            if again == "after an hour":
                with later():
                    run()
        kill_at[0] = 0
        assert ids() == all_ids(3) or len(ids()) == 3 * ROWS + 6  # merged, or as it was
    assert kills >= 8
    assert ids() == all_ids(3)
    with later():
        run()
        assert len(everything()) == 2


def test_of_two_merges_at_once_one_ends_with_nothing_done(in_school: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_many(in_school, 3)
    write = snapshots.write_manifest

    def overtaken(*args: Any) -> None:
        monkeypatch.setattr(snapshots, "write_manifest", write)
        deliver("between.parquet", [event(in_school, 500)])
        assert run().outcome is Outcome.MERGED
        write(*args)

    monkeypatch.setattr(snapshots, "write_manifest", overtaken)
    assert run().outcome is Outcome.OVERTAKEN
    assert ids() == sorted([*all_ids(3), "event-500"])
    with later():
        run()
        assert ids() == sorted([*all_ids(3), "event-500"])
        assert len(everything()) == 2


@pytest.mark.parametrize(
    "bad", ["no file", "another school", "another month", "no instant", "other types"], ids=lambda name: name
)
def test_file_that_does_not_belong_is_set_aside_and_the_rest_is_merged(in_school: str, bad: str) -> None:
    deliver_many(in_school, 2)
    wrong: dict[str, dict[str, Any]] = {
        "another school": {"school_id": "colegio-ajeno"},
        "another month": {"occurred_at_epoch_s": NOON_S + 40 * 86_400},
        "no instant": {"occurred_at_epoch_s": None},
    }
    name = "bad.parquet"
    if bad == "no file":
        with enter_lake():
            store.put_object(layout.month_folder(EVENTS, MARCH) + name, b"cut off")
    elif bad == "other types":
        import io  # noqa: PLC0415 - only here

        import pyarrow.parquet as pq  # noqa: PLC0415 - only here

        sink = io.BytesIO()
        pq.write_table(pa.table({"school_id": [in_school], "occurred_at_epoch_s": ["yesterday"]}), sink)
        with enter_lake():
            store.put_object(layout.month_folder(EVENTS, MARCH) + name, sink.getvalue())
    else:
        deliver(name, [event(in_school, 900, **wrong[bad])])
    done = run()
    assert done.set_aside == 1
    assert ids() == all_ids(2)
    assert layout.month_folder(EVENTS, MARCH) + layout.UNREADABLE + name in everything()


def test_large_month_is_merged_in_buckets(in_school: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_many(in_school, 6)
    size = sum(found.size for found in snapshots.take_month(EVENTS, MARCH).objects)
    monkeypatch.setattr(compacting, "BUCKET_BYTES", size - 1)
    done = run()
    assert done.files_after == 16
    assert ids() == all_ids(6)


def test_reader_finds_the_same_at_every_moment_while_merges_run(in_school: str) -> None:
    deliver_many(in_school, 12)
    first = run()
    ended, seen = threading.Event(), list[list[str]]()
    failures = list[BaseException]()

    def read() -> None:
        try:
            with enter_school(in_school):
                while not ended.is_set():
                    seen.append(sorted(set(ids())))
                    assert len(ids()) in {12 * ROWS, 12 * ROWS + 5}  # a repeated delivery, until it is merged
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    order = random.Random(1)  # noqa: S311 - an order
    for number in range(8):
        start = order.randrange(12 * ROWS - 5)
        deliver(f"again-{number}.parquet", [event(in_school, n) for n in range(start, start + 5)])
        assert run().dropped == 5
    ended.set()
    reader.join()
    assert failures == []
    assert first.rows == 12 * ROWS
    assert len(seen) > 3
    assert all(found == all_ids(12) for found in seen)


def test_month_of_nothing_is_left_alone() -> None:
    assert run().outcome is Outcome.NOTHING
    assert everything() == {}


@pytest.mark.parametrize("fault", [pa.ArrowMemoryError("malloc"), MemoryError()], ids=["pyarrow", "python"])
def test_memory_that_runs_out_says_nothing_of_a_file(
    in_school: str, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    deliver_many(in_school, 2)
    before = everything()
    with monkeypatch.context() as patch:
        patch.setattr(files, "read_parquet", mock.Mock(side_effect=fault))
        with pytest.raises(MemoryError):
            run()
    assert everything() == before
    assert run().outcome is Outcome.MERGED
    assert ids() == all_ids(2)


def test_damaged_month_is_due_and_merging_it_says_so(in_school: str) -> None:
    deliver_many(in_school, 2)
    with enter_lake():
        store.put_object(layout.manifest_key(EVENTS, MARCH), b"no manifest")
    assert compacting.is_due(EVENTS, MARCH)
    with pytest.raises(LakeDamagedError):
        run()


def test_query_that_names_a_snapshot_counts_the_same_before_during_and_after_a_merge(
    in_school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_many(in_school, 6)
    counts = list[tuple[str | None, ...]]()

    def counted(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            with enter_school(in_school):
                counts.append(count_by_athena(in_school, old))
                counts.append(count_by_athena(in_school, snapshots.take_month(EVENTS, MARCH).objects))

        return call

    old = snapshots.take_month(EVENTS, MARCH).objects
    delivered, merged = (str(6 * ROWS + 3 * 5), str(6 * ROWS)), (str(6 * ROWS), str(6 * ROWS))
    for name in ("put_object", "replace_object"):
        monkeypatch.setattr(store, name, counted(getattr(store, name)))
    assert run().outcome is Outcome.MERGED
    assert counts == [delivered, delivered, delivered, merged]


def test_reader_through_athena_finds_the_same_at_every_moment(in_school: str) -> None:
    deliver_many(in_school, 6)
    ended, counts, failures = threading.Event(), list[str | None](), list[BaseException]()

    def read() -> None:
        try:
            with enter_school(in_school):
                while not ended.is_set():
                    counts.append(count_by_athena(in_school, snapshots.take_month(EVENTS, MARCH).objects)[1])
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(6):
        deliver(f"again-{number}.parquet", [event(in_school, n) for n in range(number, number + 5)])
        run()
    wait_until(lambda: len(counts) >= 10 or bool(failures), what="ten answers", timeout_s=60)
    ended.set()
    reader.join()
    assert failures == []
    assert set(counts) == {str(6 * ROWS)}
