"""Table, stream, pipe, Firehose, Parquet, Athena: what was stored is what is counted, school by school."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from analytics import services as analytics
from analytics.queries import counting
from edu import clock
from edu.aws.scoped_clients import scoped_client
from edu.pseudonyms import pseudonym_of
from edu.tenancy import enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from tests.support.cloud import acting_as
from tests.support.events import store as store_events
from tests.support.schools import set_exam
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

NOTE = "texto libre que no sale de la tabla"


def store(school_id: str, count: int) -> list[dict[str, object]]:
    """Store so many events of one student, as a worker does."""
    occurred_at = clock.now().isoformat()
    events: list[dict[str, object]] = [
        {"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": occurred_at, "value": 1.5, "note": NOTE}
        for _ in range(count)
    ]
    store_events(school_id, "est-001", events)
    return events


def counted_events(school_id: str) -> int:
    today = clock.now()
    with enter_school(school_id):
        return analytics.count_events(year=today.year, month=today.month).records


def wait_for_events(school_id: str, count: int) -> None:
    wait_until(lambda: counted_events(school_id) == count, what=f"{count} events in the lake", timeout_s=60)


def objects_of(cloud: Cloud, school_id: str) -> list[str]:
    bucket = cloud.outputs["LakeBucket"]
    pages = cloud.root("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return [key for key in keys if f"/school={school_id}/" in key]


def test_count_equals_what_was_stored_and_each_school_counts_its_own(
    cloud: Cloud, school_id: str, other_school_id: str
) -> None:
    store(school_id, 60)
    store(other_school_id, 7)
    wait_for_events(school_id, 60)
    wait_for_events(other_school_id, 7)
    assert all(key.endswith(".parquet") for key in objects_of(cloud, school_id))


@pytest.mark.usefixtures("cloud")
def test_event_delivered_again_or_with_other_content_adds_no_row(school_id: str) -> None:
    events = store(school_id, 3)
    wait_for_events(school_id, 3)
    assert store_events(school_id, "est-001", events).duplicates == 3
    assert store_events(school_id, "est-001", [event | {"value": 2} for event in events]).conflicts == 3
    store(school_id, 1)  # what is written after them comes after them
    wait_for_events(school_id, 4)
    today = clock.now()
    with enter_school(school_id):
        assert analytics.count_events(year=today.year, month=today.month).rows == 4


@pytest.mark.usefixtures("cloud")
def test_month_without_events_counts_none(school_id: str) -> None:
    with enter_school(school_id):
        count = analytics.count_events(year=2030, month=1)
    assert (count.records, count.rows) == (0, 0)


def test_grades_are_counted_and_the_command_prints_both(
    cloud: Cloud, school: TestSchool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud
    with enter_school(school.school_id):
        evaluation = set_exam(school)
        for student in school.students:
            evaluations.record_score(
                actor=school.teacher,
                evaluation_id=evaluation.evaluation_id,
                student_id=student.student_id,
                state=ScoreState.RECORDED,
                value="6.0",
            )
    store(school.school_id, 2)
    today = clock.now()

    def printed() -> list[str]:
        with acting_as("operator"):
            call_command("lake_count", school=school.school_id, year=today.year, month=today.month)
        return capsys.readouterr().out.split()

    wait_until(lambda: printed() == ["events", "2", "(2", "rows)", "grades", "3", "(3", "rows)"], what="both counts")


def test_lake_holds_pseudonyms_and_no_notes(cloud: Cloud, school_id: str) -> None:
    store(school_id, 1)
    wait_for_events(school_id, 1)
    (key,) = objects_of(cloud, school_id)
    body = cloud.root("s3").get_object(Bucket=cloud.outputs["LakeBucket"], Key=key)["Body"].read()
    rows = rows_of(body)
    with enter_school(school_id):
        expected = pseudonym_of("est-001")
    assert [row["student_pseudonym"] for row in rows] == [expected]
    assert NOTE not in str(rows)
    assert "est-001" not in str(rows)


def rows_of(parquet: bytes) -> list[dict[str, object]]:
    import tempfile  # noqa: PLC0415 - only here

    import duckdb  # noqa: PLC0415 - only here

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(parquet)
        file.flush()
        found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [file.name])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_neighbours_objects_are_out_of_reach(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    store(school_id, 1)
    wait_for_events(school_id, 1)
    (key,) = objects_of(cloud, school_id)
    bucket = cloud.outputs["LakeBucket"]
    client = scoped_client("s3")
    with enter_school(school_id):
        assert client.get_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    prefix = key.rsplit("/", 1)[0] + "/"
    with enter_school(other_school_id):
        for attempt in (
            lambda: client.get_object(Bucket=bucket, Key=key),
            lambda: client.list_objects_v2(Bucket=bucket, Prefix=prefix),
            lambda: client.list_objects_v2(Bucket=bucket, Prefix="events/"),
            lambda: client.put_object(Bucket=bucket, Key=key, Body=b""),
            lambda: client.delete_object(Bucket=bucket, Key=key),
        ):
            with pytest.raises(client.exceptions.ClientError, match=r"AccessDenied|Forbidden"):
                attempt()


def test_neighbours_rows_are_not_counted(
    cloud: Cloud, school_id: str, other_school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the code nor, when the code is made to ask for them, by the credentials."""
    store(school_id, 4)
    wait_for_events(school_id, 4)
    assert counted_events(other_school_id) == 0
    monkeypatch.setattr(counting, "_school", lambda: f"'{school_id}'")
    assert counted_events(school_id) == 4
    assert counted_events(other_school_id) == 0
    assert objects_of(cloud, school_id)


def test_results_under_a_neighbours_prefix_are_refused(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    client = scoped_client("athena")
    location = f"s3://{cloud.outputs['LakeBucket']}/athena-results/school={school_id}/"
    request: dict[str, Any] = {
        "QueryString": "SELECT 1",
        "WorkGroup": cloud.outputs["AthenaWorkgroup"],
        "ResultConfiguration": {"OutputLocation": location},
    }
    with enter_school(school_id):
        query = client.start_query_execution(**request)["QueryExecutionId"]
    with enter_school(other_school_id):
        for attempt in (
            lambda: client.start_query_execution(**request),
            lambda: client.get_query_results(QueryExecutionId=query),
        ):
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                attempt()


def test_query_results_lie_where_only_their_school_may_read(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    counted_events(school_id)
    bucket = cloud.outputs["LakeBucket"]
    prefix = f"athena-results/school={school_id}/"
    found = cloud.root("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    client = scoped_client("s3")
    with enter_school(other_school_id), pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.get_object(Bucket=bucket, Key=found[0]["Key"])
