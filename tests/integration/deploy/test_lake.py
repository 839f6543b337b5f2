"""From the table to an Athena answer, by the template's stream, pipes and Firehose alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from edu.aws.scoped_clients import scoped_client
from edu.tenancy import enter_school
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import QueryExecutionStatusTypeDef

    from tests.support.cloud import Cloud

MARCH_2026_S = 1_772_625_600  # 2026-03-04T12:00:00Z
JULY_2026_S = 1_783_339_200  # 2026-07-06T12:00:00Z
STUDENT = "3f9c2a7d"


def _item(school_id: str, entity: str, text: dict[str, str], numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "pk": {"S": f"SCHOOL#{school_id}#{entity}"},
        "sk": {"S": str(uuid.uuid4())},
        "entity": {"S": entity},
        "school_id": {"S": school_id},
        "student_pseudonym": {"S": STUDENT},
        **{name: {"S": value} for name, value in text.items()},
        **{name: {"N": str(value)} for name, value in numbers.items()},
    }


def _event(school_id: str, event_id: str, at_s: int, value: str = "3.5") -> dict[str, Any]:
    text = {"event_id": event_id, "kind": "participation", "value": value, "student_id": "st-0001", "note": '"a"'}
    numbers = {"occurred_at_epoch_s": at_s, "arrived_at_epoch_s": at_s + 2, "arrived_at_ms": at_s * 1000 + 2345}
    return _item(school_id, "behavior_event", text, numbers)


def _score(school_id: str, value: str, state: str, version: int) -> dict[str, Any]:
    text = {"evaluation_id": "ev-1", "section_id": "se-1", "course_id": "co-1", "term_id": "2026-1", "kind": "exam"}
    item = _item(school_id, "score", text | {"student_id": "st-0001"}, {"version": version})
    return item | {"lake": _lake(value, state, {"late": 1, "recorded_at_epoch_s": MARCH_2026_S}, purpose="formative")}


def _lake(value: str, state: str, numbers: dict[str, int], **more: str) -> dict[str, Any]:
    """An item's map for the lake, all members there."""
    text = {"student_pseudonym": STUDENT, "value": value, "state": state}
    text |= dict.fromkeys(("purpose", "weight", "held_on", "scale_id"), "") | more
    members = {name: {"S": part} for name, part in text.items()}
    return {"M": members | {name: {"N": str(number)} for name, number in numbers.items()}}


def _start(cloud: Cloud, sql: str, results_of: str) -> str:
    """Start a query in the scope in force, its results under a school's folder."""
    location = f"s3://{cloud.outputs['LakeBucket']}/athena-results/school={results_of}/"
    return scoped_client("athena").start_query_execution(
        QueryString=sql,
        WorkGroup=cloud.outputs["AthenaWorkgroup"],
        QueryExecutionContext={"Database": cloud.outputs["GlueDatabase"]},
        ResultConfiguration={"OutputLocation": location},
    )["QueryExecutionId"]


def _query(cloud: Cloud, school_id: str, sql: str) -> list[list[str | None]]:
    """Run a query with the school's own credentials."""
    with enter_school(school_id):
        athena = scoped_client("athena")
        query_id = _start(cloud, sql, school_id)

        def status() -> QueryExecutionStatusTypeDef | None:
            found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            return found if found["State"] not in {"QUEUED", "RUNNING"} else None

        ended = wait_until(status, what="the query to end")
        assert ended is not None
        assert ended["State"] == "SUCCEEDED", ended
        rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


def _keys(cloud: Cloud, prefix: str) -> list[str]:
    found = cloud.root("s3").list_objects_v2(Bucket=cloud.outputs["LakeBucket"], Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def _put(cloud: Cloud, school_id: str, *items: dict[str, Any]) -> None:
    with enter_school(school_id):
        for item in items:
            scoped_client("dynamodb").put_item(TableName=cloud.outputs["TableName"], Item=item)


def test_event_is_queried_by_its_school_and_month(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    _put(cloud, school_id, _event(school_id, "e-1", MARCH_2026_S), _event(school_id, "e-2", JULY_2026_S, value=""))
    _put(cloud, other_school_id, _event(other_school_id, "e-3", MARCH_2026_S))
    sql = (
        "SELECT event_id, year, month, value, occurred_at_epoch_s, arrived_at_epoch_s, op, student_pseudonym "
        f"FROM events WHERE school = '{school_id}' ORDER BY event_id"
    )
    rows = wait_until(lambda: found if len(found := _query(cloud, school_id, sql)) == 2 else None, what="two events")
    assert rows == [
        ["e-1", "2026", "3", "3.5", str(MARCH_2026_S), str(MARCH_2026_S + 2), "INSERT", STUDENT],
        ["e-2", "2026", "7", "", str(JULY_2026_S), str(JULY_2026_S + 2), "INSERT", STUDENT],
    ]


def test_versions_of_a_score_are_all_kept(cloud: Cloud, school_id: str) -> None:
    first = _score(school_id, "15.5", "recorded", 1)
    absent = _lake("", "absent", {"late": 0, "recorded_at_epoch_s": MARCH_2026_S}, purpose="formative")
    _put(cloud, school_id, first, first | {"lake": absent, "version": {"N": "2"}})
    sql = (
        "SELECT version, value, state, late, evaluation_id, section_id, course_id, term_id, kind, op, entity, purpose "
        f"FROM grades WHERE school = '{school_id}' AND year = 2026 AND month = 3 ORDER BY version"
    )
    rows = wait_until(lambda: found if len(found := _query(cloud, school_id, sql)) == 2 else None, what="two versions")
    common, kind = ["ev-1", "se-1", "co-1", "2026-1", "exam"], ["score", "formative"]
    assert rows == [
        ["1", "15.5", "recorded", "1", *common, "INSERT", *kind],
        ["2", "", "absent", "0", *common, "MODIFY", *kind],
    ]


def test_other_entities_and_clear_identities_stay_out(cloud: Cloud, school_id: str) -> None:
    _put(
        cloud,
        school_id,
        {**_event(school_id, "a-1", MARCH_2026_S), "entity": {"S": "audit_entry"}},
        _event(school_id, "e-1", MARCH_2026_S),
    )
    prefix = f"events/year=2026/month=03/school={school_id}/"
    (key,) = wait_until(lambda: _keys(cloud, prefix), what="the event's file")
    body = cloud.root("s3").get_object(Bucket=cloud.outputs["LakeBucket"], Key=key)["Body"].read()
    assert body[:4] == b"PAR1"
    assert _query(cloud, school_id, f"SELECT count(*) FROM events WHERE school = '{school_id}'") == [["1"]]
    with pytest.raises(AssertionError, match="student_id"):
        _query(cloud, school_id, f"SELECT student_id FROM events WHERE school = '{school_id}'")


def test_query_reaches_nothing_of_another_school(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    _put(cloud, other_school_id, _event(other_school_id, "e-1", MARCH_2026_S))
    sql = f"SELECT count(*) FROM events WHERE school = '{other_school_id}'"
    wait_until(lambda: _query(cloud, other_school_id, sql) == [["1"]], what="the event")
    # AWS fails such a query; the emulator leaves out what the caller may not read
    assert _query(cloud, school_id, sql) == [["0"]]


def test_query_result_stays_with_its_school(cloud: Cloud, school_id: str, other_school_id: str) -> None:
    with enter_school(other_school_id):
        query_id = _start(cloud, "SELECT 1", other_school_id)
    with enter_school(school_id):
        with pytest.raises(ClientError, match="AccessDenied"):
            scoped_client("athena").get_query_results(QueryExecutionId=query_id)
        with pytest.raises(ClientError, match="AccessDenied"):
            _start(cloud, "SELECT 1", other_school_id)
