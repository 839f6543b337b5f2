"""Which partition an object's key belongs to: Glue's projection decides, and what does not fit is not the table's."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.emulator.extension.query_partitions import engine_type, layout_of
from deploy.emulator.extension.query_statement import QueryRefusedError

LOCATION = "s3://lake/events/"
KEYS = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "int"}, {"Name": "school", "Type": "string"}]
PROJECTION = {
    "projection.enabled": "true",
    "projection.year.type": "integer",
    "projection.year.range": "2024,2040",
    "projection.month.type": "integer",
    "projection.month.range": "1,12",
    "projection.month.digits": "2",
    "projection.school.type": "injected",
    "storage.location.template": "s3://lake/events/year=${year}/month=${month}/school=${school}/",
}


def table(parameters: dict[str, str], keys: list[dict[str, str]] | None = None) -> dict[str, Any]:
    columns = [{"Name": "Event_ID", "Type": "string"}, {"Name": "score", "Type": "decimal(5,2)"}]
    storage = {"Location": LOCATION, "Columns": columns}
    return {"Parameters": parameters, "PartitionKeys": KEYS if keys is None else keys, "StorageDescriptor": storage}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("year=2026/month=03/school=a-1/f.parquet", ("2026", "03", "a-1")),
        ("year=2026/month=03/school=a-1/deeper/f.parquet", ("2026", "03", "a-1")),
        ("year=2026/month=3/school=a-1/f.parquet", None),
        ("year=2026/month=13/school=a-1/f.parquet", None),
        ("year=2026/month=00/school=a-1/f.parquet", None),
        ("year=02026/month=03/school=a-1/f.parquet", None),
        ("year=2041/month=03/school=a-1/f.parquet", None),
        ("year=x/month=03/school=a-1/f.parquet", None),
        ("year=2026/month=03/school=/f.parquet", None),
        ("year=2026/month=03/f.parquet", None),
        ("month=03/year=2026/school=a-1/f.parquet", None),
    ],
)
def test_a_key_fits_the_template_and_the_ranges_or_is_not_read(key: str, values: tuple[str, ...] | None) -> None:
    layout = layout_of(table(PROJECTION))
    assert (layout.bucket, layout.prefix) == ("lake", "events/year=")
    assert layout.values_of(f"events/{key}") == values


def test_columns_have_the_engines_types_and_small_letters() -> None:
    layout = layout_of(table(PROJECTION))
    assert layout.columns == {"event_id": "VARCHAR", "score": "DECIMAL(5,2)"}
    assert layout.partitions == {"year": "INTEGER", "month": "INTEGER", "school": "VARCHAR"}
    assert layout.injected == {"school"}
    assert [engine_type(name) for name in ("BIGINT", "decimal", "array<int>", "varchar(3)")] == [
        "BIGINT",
        "DECIMAL(10,0)",
        "VARCHAR",
        "VARCHAR",
    ]


def test_an_enum_an_interval_and_a_place_named_twice_are_projected() -> None:
    parameters = {
        "projection.enabled": "TRUE",
        "projection.kind.type": "enum",
        "projection.kind.values": "a, b",
        "projection.year.type": "integer",
        "projection.year.range": "2020,2030",
        "projection.year.interval": "5",
        "storage.location.template": "s3://lake/${kind}/${year}/copy-of-${kind}",
    }
    layout = layout_of(table(parameters, [{"Name": "kind", "Type": "string"}, {"Name": "year", "Type": "int"}]))
    assert layout.values_of("b/2025/copy-of-b/f") == ("b", "2025")
    assert [layout.values_of(key) for key in ("b/2025/copy-of-a/f", "c/2025/copy-of-c/f", "b/2026/copy-of-b/f")] == [
        None
    ] * 3


def test_without_a_template_the_folders_are_named_by_the_columns() -> None:
    parameters = {name: value for name, value in PROJECTION.items() if name != "storage.location.template"}
    assert layout_of(table(parameters)).values_of("events/year=2026/month=03/school=a/f") == ("2026", "03", "a")


def test_without_projection_folders_tell_the_partition_and_what_they_do_not_tell_is_null() -> None:
    layout = layout_of(table({}))
    assert (layout.prefix, layout.injected) == ("events/", frozenset())
    assert layout.values_of("events/school=a/year=x/f.parquet") == ("x", None, "a")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"projection.year.type": "date"}, "no projection of type 'date'"),
        ({"projection.year.range": "2024"}, "projection of year"),
        ({"storage.location.template": "s3://lake/events/${year}/${month}/"}, "every partition column"),
    ],
)
def test_a_projection_that_cannot_be_read_is_refused(changed: dict[str, str], problem: str) -> None:
    with pytest.raises(QueryRefusedError, match=problem):
        layout_of(table(PROJECTION | changed))
