"""The emulated Athena over the product's own tables: what a query names is what is read, counted and shown."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from edu.aws.scoped_clients import scoped_client
from edu.tenancy import enter_school
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

STATIC = "static equality conditions"


@dataclass(frozen=True)
class Answer:
    """How a query ended."""

    query_id: str
    state: str
    reason: str
    scanned_bytes: int


def ask(cloud: Cloud, school_id: str, sql: str, *parameters: str, workgroup: str = "") -> Answer:
    """A query with a school's own credentials, to its end."""
    with enter_school(school_id):
        athena = scoped_client("athena")
        more: dict[str, Any] = {"ExecutionParameters": list(parameters)} if parameters else {}
        query_id = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=workgroup or cloud.outputs["AthenaWorkgroup"],
            QueryExecutionContext={"Database": cloud.outputs["GlueDatabase"]},
            ResultConfiguration={"OutputLocation": f"s3://{lake(cloud)}/athena-results/school={school_id}/"},
            **more,
        )["QueryExecutionId"]

        def ended() -> Any:
            found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            return found if found["Status"]["State"] not in {"QUEUED", "RUNNING"} else None

        found = wait_until(ended, what="the query to end")
    status, scanned = found["Status"], found["Statistics"]["DataScannedInBytes"]
    return Answer(query_id, status["State"], status.get("StateChangeReason", ""), scanned)


def rows(cloud: Cloud, school_id: str, sql: str, *parameters: str) -> list[list[str | None]]:
    """The rows of a query that must succeed."""
    answer = ask(cloud, school_id, sql, *parameters)
    assert answer.state == "SUCCEEDED", answer.reason
    return page(school_id, answer.query_id)[0][1:]


def page(school_id: str, query_id: str, **asked: Any) -> tuple[list[list[str | None]], str]:
    """One page of results, and the token of the next."""
    with enter_school(school_id):
        found = scoped_client("athena").get_query_results(QueryExecutionId=query_id, **asked)
    shown = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["ResultSet"]["Rows"]]
    return shown, found.get("NextToken", "")


def lake(cloud: Cloud) -> str:
    """The lake's bucket."""
    return cloud.outputs["LakeBucket"]


def store(cloud: Cloud, folder: str, name: str = "a.parquet", **columns: list[Any]) -> tuple[str, int]:
    """Put a Parquet object into a folder of the lake's events; its address and its bytes."""
    body = io.BytesIO()
    parquet.write_table(pa.table(columns or {"event_id": ["e-1", "e-2"], "kind": ["late", "absent"]}), body)
    key = f"events/{folder}/{name}"
    cloud.root("s3").put_object(Bucket=lake(cloud), Key=key, Body=body.getvalue())
    return f"s3://{lake(cloud)}/{key}", len(body.getvalue())


def test_a_months_query_scans_that_months_files_and_another_month_adds_nothing(
    cloud: Cloud, school_id: str, other_school_id: str
) -> None:
    sizes = [store(cloud, f"year=2026/month=03/school={school_id}", f"{n}.parquet")[1] for n in range(3)]
    sql = f"SELECT count(*) FROM events WHERE school = '{school_id}' AND year = 2026 AND month = 3"
    first = ask(cloud, school_id, sql)
    assert (first.state, first.scanned_bytes) == ("SUCCEEDED", sum(sizes))
    store(cloud, f"year=2026/month=04/school={school_id}")
    store(cloud, f"year=2025/month=03/school={school_id}")
    store(cloud, f"year=2026/month=03/school={other_school_id}")
    assert ask(cloud, school_id, sql).scanned_bytes == sum(sizes)
    assert rows(cloud, school_id, sql) == [["6"]]
    all_months = ask(cloud, school_id, f"SELECT count(*) FROM events WHERE school = '{school_id}'")
    assert all_months.scanned_bytes > sum(sizes)


def test_each_reference_goes_by_its_own_where(cloud: Cloud, school_id: str) -> None:
    march = store(cloud, f"year=2026/month=03/school={school_id}")[1]
    april = store(cloud, f"year=2026/month=04/school={school_id}", event_id=["e-3"])[1]
    sql = (
        f"WITH march AS (SELECT event_id FROM events WHERE school = '{school_id}' AND month = 3), "
        f"april AS (SELECT event_id FROM events WHERE school IN ('{school_id}') AND month = 4 AND year = 2026) "
        "SELECT count(*) FROM (SELECT event_id FROM march UNION ALL SELECT event_id FROM april)"
    )
    answer = ask(cloud, school_id, sql)
    assert (answer.state, answer.scanned_bytes) == ("SUCCEEDED", march + april)
    assert rows(cloud, school_id, sql) == [["3"]]


@pytest.mark.parametrize("condition", ["", " WHERE year = 2026", " WHERE school LIKE 'a%'", " WHERE school <> 'x'"])
def test_a_query_that_binds_no_school_fails_as_on_aws(cloud: Cloud, school_id: str, condition: str) -> None:
    answer = ask(cloud, school_id, f"SELECT count(*) FROM events{condition}")
    assert answer.state == "FAILED"
    assert STATIC in answer.reason
    assert answer.scanned_bytes == 0


def test_objects_outside_the_projection_are_not_read(cloud: Cloud, school_id: str) -> None:
    store(cloud, f"year=2026/month=03/school={school_id}")
    for folder in ("year=2026/month=3", "year=2026/month=13", "year=1999/month=03", "other=2026/month=03"):
        store(cloud, f"{folder}/school={school_id}")
    store(cloud, f"year=2026/month=03/school={school_id}", "_manifest.json")
    assert rows(cloud, school_id, f"SELECT count(*) FROM events WHERE school = '{school_id}'") == [["2"]]


def test_a_caller_sees_nothing_of_a_folder_without_rights(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    store(cloud, f"year=2026/month=03/school={other_school_id}")
    answer = ask(cloud, school_id, f"SELECT count(*) FROM events WHERE school = '{other_school_id}'")
    assert (answer.state, answer.scanned_bytes) == ("SUCCEEDED", 0)
    sql = f"SELECT \"$path\" FROM events WHERE school IN ('{school_id}', '{other_school_id}')"
    assert rows(cloud, school_id, sql) == []


def test_path_is_shown_and_chosen_by_and_no_part_of_all_columns(cloud: Cloud, school_id: str) -> None:
    folder = f"year=2026/month=03/school={school_id}"
    one, size = store(cloud, folder, "one file+.parquet")
    two, _ = store(cloud, folder, "two.parquet")
    own = f"school = '{school_id}'"
    shown = rows(cloud, school_id, f'SELECT DISTINCT "$path" FROM events WHERE {own} ORDER BY 1')
    assert shown == [[one], [two]]
    many = ", ".join(f"'s3://{lake(cloud)}/events/{folder}/{n}'" for n in range(2_000))
    sql = f'SELECT count(*), min("$path") FROM events WHERE {own} AND "$path" IN (\'{one}\', {many})'
    answer = ask(cloud, school_id, sql)
    assert (answer.state, answer.scanned_bytes) == ("SUCCEEDED", size)
    assert page(school_id, answer.query_id)[0][1:] == [["2", one]]
    everything = ask(cloud, school_id, f'SELECT * FROM events WHERE {own} ORDER BY "$path" LIMIT 1')
    header = page(school_id, everything.query_id)[0][0]
    assert header[-3:] == ["year", "month", "school"]
    assert "$path" not in header


def test_parameters_are_literals_and_as_many_as_asked_for(cloud: Cloud, school_id: str) -> None:
    store(cloud, f"year=2026/month=03/school={school_id}", event_id=["it's", "b ?"], kind=["late", "late"])
    sql = "SELECT event_id, '?' FROM events WHERE school = ? AND month = ? AND event_id = ? -- ?"
    assert rows(cloud, school_id, sql, f"'{school_id}'", "3", "'it''s'") == [["it's", "?"]]
    assert rows(cloud, school_id, sql, f"'{school_id}'", "3", "'x'' OR ''1''=''1'") == []
    for parameters in ((f"'{school_id}'", "3"), (f"'{school_id}'", "3", "'a'", "'b'")):
        answer = ask(cloud, school_id, sql, *parameters)
        assert (answer.state, "Incorrect number of parameters: expected 3" in answer.reason) == ("FAILED", True)
    assert ask(cloud, school_id, sql, f"'{school_id}'", "3", "'a' OR true").state == "FAILED"


def test_files_of_several_schema_versions_are_read_by_the_tables_columns(cloud: Cloud, school_id: str) -> None:
    folder = f"year=2026/month=03/school={school_id}"
    store(cloud, folder, "old.parquet", event_id=["old"], arrived_at_epoch_s=pa.array([1], pa.int32()))
    store(cloud, folder, "new.parquet", Event_ID=["new"], arrived_at_epoch_s=[2], schema_version=[2], secret=["x"])
    own = f"school = '{school_id}'"
    sql = f"SELECT event_id, arrived_at_epoch_s, schema_version, op FROM events WHERE {own} ORDER BY 2"
    assert rows(cloud, school_id, sql) == [["old", "1", None, None], ["new", "2", "2", None]]
    answer = ask(cloud, school_id, f"SELECT secret FROM events WHERE {own}")
    assert answer.state == "FAILED"


def test_an_object_that_cannot_be_read_is_named_by_its_address_alone(cloud: Cloud, school_id: str) -> None:
    folder = f"year=2026/month=03/school={school_id}"
    for number in range(1, 12):
        store(cloud, folder, f"{number:02}.parquet")
    cloud.root("s3").put_object(Bucket=lake(cloud), Key=f"events/{folder}/11.parquet", Body=b"no Parquet at all")
    answer = ask(cloud, school_id, f"SELECT count(*) FROM events WHERE school = '{school_id}'")
    assert answer.state == "FAILED"
    assert f"'s3://{lake(cloud)}/events/{folder}/11.parquet'" in answer.reason
    assert "/queries/" not in answer.reason


def test_a_query_over_its_workgroups_bound_is_cancelled(cloud: Cloud, school_id: str) -> None:
    folder = f"year=2026/month=03/school={school_id}"
    size = store(cloud, folder)[1] + store(cloud, folder, "b.parquet")[1]
    athena, name = cloud.root("athena"), cloud.outputs["AthenaWorkgroup"]
    before = athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]["BytesScannedCutoffPerQuery"]
    sql = f"SELECT count(*) FROM events WHERE school = '{school_id}'"
    try:
        athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000_000})
        assert ask(cloud, school_id, sql).state == "SUCCEEDED"
        cloud.root("s3").put_object(Bucket=lake(cloud), Key=f"events/{folder}/c", Body=b"0" * 10_000_000)
        athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000})
        answer = ask(cloud, school_id, sql)
    finally:
        athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"BytesScannedCutoffPerQuery": before})
    assert (answer.state, answer.scanned_bytes) == ("CANCELLED", size + 10_000_000)
    assert "Bytes scanned limit was exceeded" in answer.reason


def test_pages_count_the_header_and_end(cloud: Cloud, school_id: str) -> None:
    store(cloud, f"year=2026/month=03/school={school_id}", event_id=[f"e-{n}" for n in range(5)])
    sql = f"SELECT event_id FROM events WHERE school = '{school_id}' ORDER BY 1"
    query_id = ask(cloud, school_id, sql).query_id
    for size in (1, 2, 3):
        found, token = page(school_id, query_id, MaxResults=size)
        assert len(found) == size
        while token:
            more, token = page(school_id, query_id, MaxResults=size, NextToken=token)
            assert len(more) <= size
            found += more
        assert found == [["event_id"], ["e-0"], ["e-1"], ["e-2"], ["e-3"], ["e-4"]]
    for wrong in ({"MaxResults": 1_001}, {"NextToken": "x"}):
        with pytest.raises(ClientError, match="InvalidRequest"):
            page(school_id, query_id, **wrong)


def test_trinos_words_are_understood(cloud: Cloud, school_id: str) -> None:
    store(
        cloud,
        f"year=2026/month=03/school={school_id}",
        event_id=["a", "b", "c"],
        value=["1.5", "", "4"],
        occurred_at_epoch_s=[1_772_625_600, 1_772_712_000, 1_773_230_400],
    )
    time = "from_unixtime(occurred_at_epoch_s)"
    columns = {
        "count_if(try_cast(value AS double) > 1)": "2",
        "approx_percentile(try_cast(value AS double), 0.5)": "2.75",
        f"min(date_format({time}, '%Y-%m-%d'))": "2026-03-04",
        f"min(format_datetime({time}, 'yyyy-MM-dd HH:mm'))": "2026-03-04 12:00",
        f"CAST(min(date_trunc('week', {time})) AS date)": "2026-03-02",
        f"count(DISTINCT date_trunc('week', {time}))": "2",
        f"min(to_unixtime({time})) = 1772625600": "true",
        f"min({time})": "2026-03-04 12:00:00.000 UTC",
        "element_at(map(ARRAY['k'], ARRAY[3]), 'k')": "3",
        "7 / 2": "3",
        "7e0 / 2 > 3": "true",
        "cardinality(array_agg(event_id))": "3",
        "array_agg(event_id ORDER BY event_id)": "[a, b, c]",
        "date_diff('day', date '2026-03-01', date '2026-03-04')": "3",
        "max_by(event_id, occurred_at_epoch_s)": "c",
    }
    sql = f"SELECT {', '.join(columns)} FROM events WHERE school = '{school_id}'"
    (found,) = rows(cloud, school_id, sql)
    assert dict(zip(columns, found, strict=True)) == columns
