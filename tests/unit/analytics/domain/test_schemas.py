"""The columns of the lake, and that a schema only ever grows."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import PARTITION_INSTANT, SCHEMA_VERSION, SCHEMAS, columns_of
from tests.unit.deploy import data_plane

TABLES = {Dataset.EVENTS: "EventsTable", Dataset.GRADES: "GradesTable"}
FIRST = {
    Dataset.EVENTS: (
        *("change_id", "op", "school_id", "event_id", "student_pseudonym", "kind", "value"),
        *("occurred_at_epoch_s", "arrived_at_epoch_s"),
    ),
    Dataset.GRADES: (
        *("change_id", "op", "school_id", "evaluation_id", "student_pseudonym", "section_id", "course_id", "term_id"),
        *("kind", "value", "state", "version", "recorded_at_epoch_s"),
    ),
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return data_plane.load()


@pytest.mark.parametrize("dataset", list(Dataset))
def test_catalogue_of_the_template_has_the_newest_schema(template: dict[str, Any], dataset: Dataset) -> None:
    storage = template["Resources"][TABLES[dataset]]["Properties"]["TableInput"]["StorageDescriptor"]
    found = [(column["Name"], column["Type"]) for column in storage["Columns"]]
    assert found == [(column.name, str(column.type)) for column in columns_of(dataset)]


@pytest.mark.parametrize("dataset", list(Dataset))
def test_pipe_says_the_version_of_the_schema(template: dict[str, Any], dataset: Dataset) -> None:
    pipe = template["Resources"][f"{dataset.value.capitalize()}Pipe"]["Properties"]
    assert f'"schema_version": "{SCHEMA_VERSION}"' in pipe["TargetParameters"]["InputTemplate"]


@pytest.mark.parametrize("dataset", list(Dataset))
def test_schema_only_grows_at_its_end(dataset: Dataset) -> None:
    assert tuple(column.name for column in columns_of(dataset, 1)) == FIRST[dataset]
    for version in range(1, SCHEMA_VERSION):
        older, newer = columns_of(dataset, version), columns_of(dataset, version + 1)
        assert newer[: len(older)] == older
    assert {column.since for column in SCHEMAS[dataset]} <= set(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("dataset", list(Dataset))
def test_instant_of_the_partition_is_a_column_of_every_version(dataset: Dataset) -> None:
    assert PARTITION_INSTANT[dataset] in {column.name for column in columns_of(dataset, 1)}
