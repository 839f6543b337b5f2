"""From a statement to the engine's work: partitions before paths, paths before IAM, and IAM once a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.extension import patching, query_files
from deploy.emulator.extension.query_engine import run_select
from deploy.emulator.extension.query_files import QueryFolder
from deploy.emulator.extension.query_plan import QueryTooLargeError, planned
from deploy.emulator.extension.query_relation import Relation
from deploy.emulator.extension.query_statement import QueryRefusedError, read
from tests.unit.deploy.emulator.test_query_partitions import PROJECTION, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.emulator.extension.query_plan import Plan

SCHOOLS, MONTHS = 50, 36
BODY = b"1234567"


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fifty schools' three years, two objects a folder; bodies that nothing reads."""
    monkeypatch.setattr(query_files, "_root", lambda: tmp_path)
    _forget()
    objects = {
        f"events/year={2024 + month // 12}/month={month % 12 + 1:02}/school=s-{school}/{number}": {
            "body": BODY,
            "etag": "1",
            "size": len(BODY),
        }
        for school in range(SCHOOLS)
        for month in range(MONTHS)
        for number in range(2)
    }
    buckets, tables = patching.service("s3")._buckets, patching.service("glue")._tables
    buckets["lake"], tables["d/events"] = {"objects": objects}, table(PROJECTION)
    yield
    del buckets["lake"], tables["d/events"]
    _forget()


def _forget() -> None:
    query_files._cache.cache_clear()
    query_files._spare_folders.cache_clear()


def plan_of(sql: str, asked: list[str] | None = None, **bounds: Any) -> Plan:
    """The plan, and in ``asked`` each key that IAM was asked about."""

    def may_read(_bucket: str, key: str) -> bool:
        (asked if asked is not None else []).append(key)
        return "school=s-7/" not in key

    with QueryFolder() as folder:
        return planned(read(sql), "d", folder, may_read, **bounds)


def objects_of(plan: Plan) -> int:
    return sum(len(relation.files) for relation in plan.relations.values())


def test_iam_is_asked_once_a_folder_that_the_query_names_and_of_no_other() -> None:
    asked: list[str] = []
    plan = plan_of("SELECT count(*) FROM events WHERE school = 's-3'", asked)
    assert len(asked) == MONTHS
    assert (objects_of(plan), plan.scanned_bytes) == (MONTHS * 2, MONTHS * 2 * len(BODY))
    asked.clear()
    plan = plan_of("SELECT count(*) FROM events WHERE school = 's-3' AND year = 2025 AND month IN (1, 2)", asked)
    assert (len(asked), objects_of(plan)) == (2, 4)


def test_what_the_caller_may_not_read_is_neither_given_nor_counted() -> None:
    plan = plan_of("SELECT count(*) FROM events WHERE school IN ('s-3', 's-7') AND year = 2025 AND month = 1")
    assert (objects_of(plan), plan.scanned_bytes) == (2, 2 * len(BODY))


def test_paths_name_objects() -> None:
    path = "s3://lake/events/year=2025/month=01/school=s-3/1"
    plan = plan_of(f"SELECT count(*) FROM events WHERE school = 's-3' AND \"$path\" IN ('{path}', 's3://lake/x')")
    assert objects_of(plan) == 1
    assert "path" not in plan.sql, "the choice of objects has answered it"


def test_a_table_read_twice_weighs_twice() -> None:
    one = "SELECT 1 FROM events WHERE school = 's-3' AND year = 2025 AND month = 1"
    assert plan_of(f"{one} UNION ALL {one}").scanned_bytes == 4 * len(BODY)


def test_an_outer_joins_missing_rows_keep_their_objects() -> None:
    sql = (
        "SELECT 1 FROM events a LEFT JOIN events b ON a.event_id = b.event_id "
        "WHERE a.school = 's-3' AND a.year = 2025 AND a.month = 1 AND b.school = 's-3' AND b.month IS NULL"
    )
    assert objects_of(plan_of(sql)) == 2 + MONTHS * 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM events",
        "SELECT 1 FROM (SELECT * FROM events) WHERE school = 's-3'",
        "SELECT 1 FROM events a JOIN events b ON true WHERE a.school = 's-3'",
        "SELECT (SELECT max(event_id) FROM events) FROM events WHERE school = 's-3'",
    ],
)
def test_each_reference_binds_the_injected_column_itself(sql: str) -> None:
    with pytest.raises(QueryRefusedError, match="projected partition column school"):
        plan_of(sql)


def test_a_table_of_another_catalogue_is_none() -> None:
    where = "WHERE school = 's-3' AND events.month = 1"
    assert objects_of(plan_of(f"SELECT 1 FROM AwsDataCatalog.d.events {where}")) == 6
    assert plan_of(f"SELECT 1 FROM other.d.events {where}").relations == {}


def test_a_query_over_the_bound_places_no_file() -> None:
    sql = "SELECT 1 FROM events WHERE school = 's-3' AND year = 2025 AND month = 1"
    assert plan_of(sql, largest_bytes=2 * len(BODY)).scanned_bytes == 2 * len(BODY)
    with pytest.raises(QueryTooLargeError) as caught:
        plan_of(sql, largest_bytes=2 * len(BODY) - 1)
    assert caught.value.bytes == 2 * len(BODY)


def test_what_the_engine_is_given_is_judged_again() -> None:
    class Sly(Relation):
        def sql(self, _connection: Any) -> str:
            return "(SELECT 1); DROP TABLE x; SELECT * FROM (SELECT 1)"

    plan = plan_of("SELECT 1 FROM events WHERE school = 's-3' AND year = 2025 AND month = 1")
    ((name, one),) = plan.relations.items()
    sly = Sly(one.table, one.layout, one.files, with_path=False)
    with pytest.raises(QueryRefusedError, match="one statement at a time"):
        run_select(plan.sql, [], {name: sly})
