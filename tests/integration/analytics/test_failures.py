"""What a pipe and Firehose gave up in an emulated cloud: listed without content, refilled from the table, then removed.

The template's own pipe is pointed at a delivery stream that is not there, so the rows are really missing.
"""

from __future__ import annotations

import io
import json
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.management import call_command

from analytics.domain.datasets import Dataset, Month
from analytics.errors import FailureNotFoundError, FailureNotRedrivableError
from analytics.lake import error_objects, files, layout, snapshots, store
from analytics.services import auditing, failures
from edu import audit, clock
from edu.aws import dead_letter_queue
from edu.aws.dead_letter_queue import DeadLetters, DeadLettersUnavailableError
from edu.aws.scoped_clients import scoped_client
from edu.commands import CommandFailedError, WrongUseError
from edu.dynamo.errors import AccessDeniedError
from edu.errors import InvalidInputError
from edu.schools import RegisteredSchool
from edu.tenancy import enter_lake, enter_school
from tests.support.cloud import acting_as
from tests.support.events import store as store_events
from tests.support.schools import set_exam
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

WHY = "El destino faltaba"
NOWHERE = "arn:aws:firehose:us-east-1:000000000000:deliverystream/no-such-stream"


@contextmanager
def broken_pipe(cloud: Cloud, dataset: Dataset = Dataset.EVENTS) -> Iterator[None]:
    """The pipe of a dataset has no target and gives up at the first failure."""
    pipes, name = cloud.root("pipes"), cloud.outputs[f"{dataset.capitalize()}PipeName"]
    whole = pipes.describe_pipe(Name=name)
    source = whole["SourceParameters"]
    stream = {key: value for key, value in source["DynamoDBStreamParameters"].items() if key != "StartingPosition"}

    def point(target: str, **changes: int) -> None:
        parameters = {**source, "DynamoDBStreamParameters": stream | changes}
        pipes.update_pipe(Name=name, RoleArn=whole["RoleArn"], Target=target, SourceParameters=parameters)

    point(NOWHERE, MaximumRetryAttempts=0)
    try:
        yield
    finally:
        point(whole["Target"])


class Lost:
    """A school with two events that are in its table, and in a dead letter instead of the lake."""

    def __init__(self, cloud: Cloud, school: TestSchool) -> None:
        self.cloud, self.school_id, self.student_id = cloud, school.school_id, school.students[0].student_id
        self.url = cloud.outputs["PipeDlqUrl"]
        self.event_ids = {str(uuid.uuid4()), str(uuid.uuid4())}
        now = clock.now()
        self.month, happened = Month(now.year, now.month), now.isoformat()
        sent = [
            {"event_id": each, "kind": "late", "occurred_at": happened, "value": 1, "note": "secreto de Ana"}
            for each in self.event_ids
        ]
        with broken_pipe(cloud):
            store_events(self.school_id, self.student_id, sent)
            wait_until(self.messages, what="the dead letter", timeout_s=60)
        [self.message_id] = self.messages()

    def messages(self) -> list[str]:
        found = self.cloud.root("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["MessageId"] for message in found.get("Messages", [])]

    def rows(self, dataset: Dataset = Dataset.EVENTS) -> list[dict[str, Any]]:
        with enter_school(self.school_id):
            found = snapshots.take_month(dataset, self.month).objects
            bodies = [store.get_object(each.key).body for each in found]
        return [row for body in bodies for row in files.read_parquet(dataset, body).to_pylist()]

    def put(self, row: dict[str, Any]) -> None:
        with acting_as("operator"), enter_school(self.school_id), enter_lake():
            body = files.parquet_of(files.table_of(Dataset.EVENTS, [row]))
            store.put_object(layout.month_folder(Dataset.EVENTS, self.month) + "foreign.parquet", body)

    def arrived_earlier(self, ago: timedelta) -> None:
        table: Any = self.cloud.root("dynamodb")
        for event_id in self.event_ids:
            table.update_item(
                TableName=settings.TABLE_NAME,
                Key={"pk": {"S": f"SCHOOL#{self.school_id}#STUDENT#{self.student_id}#EVENT"}, "sk": {"S": event_id}},
                UpdateExpression="ADD arrived_at_epoch_s :ago",
                ExpressionAttributeValues={":ago": {"N": str(-int(ago.total_seconds()))}},
            )

    def refills(self) -> list[tuple[str, str]]:
        with enter_school(self.school_id):
            entries = audit.list_month(str(self.month)).items
        return [(one.actor, one.reason) for one in entries if one.action == "lake.refilled"]


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator is one server."""
    monkeypatch.setattr(dead_letter_queue, "_WAIT_S", 0)


@pytest.fixture
def lost(cloud: Cloud, school: TestSchool, other_school_id: str, monkeypatch: pytest.MonkeyPatch) -> Lost:
    """The registered schools are this one and a neighbour."""
    emptied(cloud)
    schools = [RegisteredSchool(each, "PE", "America/Lima") for each in (school.school_id, other_school_id)]
    monkeypatch.setattr(failures, "list_schools", lambda: schools)
    return Lost(cloud, school)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written until now can be judged."""
    monkeypatch.setattr(auditing, "JUDGED_AFTER", timedelta(minutes=-20))


def emptied(cloud: Cloud) -> None:
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs["PipeDlqUrl"])
    for key in errors_in(cloud):
        cloud.root("s3").delete_object(Bucket=settings.LAKE_BUCKET, Key=key)


def errors_in(cloud: Cloud) -> list[str]:
    found = cloud.root("s3").list_objects_v2(Bucket=settings.LAKE_BUCKET, Prefix="errors/")
    return [each["Key"] for each in found.get("Contents", [])]


def ask(action: str, *, profile: str = "operator", **options: Any) -> list[str]:
    said = io.StringIO()
    with acting_as(profile):
        call_command("lake_failures", action, stdout=said, **options)
    return said.getvalue().splitlines()


@pytest.mark.usefixtures("settled")
def test_redrive_refills_the_schools_lake_and_then_takes_the_message_away(lost: Lost) -> None:
    unreadable = lost.cloud.root("sqs").send_message(QueueUrl=lost.url, MessageBody='{"note": "secreto"}')["MessageId"]
    assert lost.rows() == []
    lines = ask("list")
    pipe = lost.cloud.outputs["EventsPipeName"]
    [line] = [one for one in lines if lost.message_id in one]
    assert line.startswith(f"message {lost.message_id} pipe={pipe} condition=RetryAttemptsExhausted records=2 first=20")
    [other] = [one for one in lines if unreadable in one]
    assert other.endswith("fault=no-message-of-a-pipe")
    assert not any(told in " ".join(lines) for told in ("secreto", lost.school_id, *lost.event_ids))
    [done] = ask("redrive", message=lost.message_id, reason=WHY)
    assert done.startswith(f"redrive message {lost.message_id} pipe={pipe} ")
    assert {row["event_id"] for row in lost.rows()} == lost.event_ids
    assert lost.refills() == [("manage.py", WHY)]
    assert lost.messages() == [unreadable]
    with pytest.raises(FailureNotFoundError):
        ask("redrive", message=lost.message_id, reason=WHY)
    with pytest.raises(FailureNotRedrivableError, match="no message of a pipe"):
        ask("redrive", message=unreadable, reason=WHY)
    with pytest.raises(CommandFailedError, match="1 of 1"):
        ask("redrive", all=True, reason=WHY)
    assert lost.messages() == [unreadable]
    assert len(ask("discard", all=True, reason=WHY)) == 1
    assert (lost.messages(), ask("list")) == ([], [])


def test_what_is_too_young_or_badly_asked_for_stays(lost: Lost) -> None:
    with pytest.raises(FailureNotRedrivableError, match=r"can be judged from 20\d\d-"):
        ask("redrive", message=lost.message_id, reason=WHY)
    for reason in ("", "a\nb"):
        with pytest.raises(InvalidInputError):
            ask("discard", all=True, reason=reason)
    with pytest.raises(WrongUseError):
        ask("redrive", reason=WHY)
    with pytest.raises(WrongUseError):
        ask("list", all=True)
    assert (lost.messages(), lost.rows(), lost.refills()) == ([lost.message_id], [], [])
    for who in ("web", "worker"):
        for action in ("list", "redrive", "discard"):
            with pytest.raises(DeadLettersUnavailableError):
                ask(action, profile=who, **({} if action == "list" else {"all": True, "reason": WHY}))
    assert lost.messages() == [lost.message_id]


@pytest.mark.usefixtures("settled")
def test_message_stays_while_an_audit_is_open_or_it_was_killed_and_nothing_is_written_twice(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(DeadLetters, "remove", _killed)
        with pytest.raises(SystemError):
            ask("redrive", all=True, reason=WHY)
    written = lost.rows()
    assert {row["event_id"] for row in written} == lost.event_ids
    assert lost.messages() == [lost.message_id]
    lost.put(written[0] | {"event_id": "nobody-sent-it"})
    with pytest.raises(CommandFailedError, match="1 of 1") as failed:
        ask("redrive", all=True, reason=WHY)
    assert failed.value.exit_code == 1
    assert lost.messages() == [lost.message_id]
    assert (len(lost.rows()), len(lost.refills())) == (3, 1)
    assert len(ask("discard", message=lost.message_id, reason=WHY)) == 1
    assert lost.messages() == []


@pytest.mark.usefixtures("settled")
def test_of_all_only_those_stay_whose_dataset_is_open_in_a_school(lost: Lost, school: TestSchool) -> None:
    with broken_pipe(lost.cloud, Dataset.GRADES):
        with enter_school(school.school_id):
            set_exam(school)
        wait_until(lambda: len(lost.messages()) == 2, what="the grade book's dead letter", timeout_s=60)
    ask("redrive", message=lost.message_id, reason=WHY)
    assert lost.rows(Dataset.GRADES) == []
    lost.put(lost.rows()[0] | {"event_id": "nobody-sent-it"})
    key = f"errors/events/format-conversion-failed/{clock.now():%Y/%m/%d}/f"
    lost.cloud.root("s3").put_object(Bucket=settings.LAKE_BUCKET, Key=key, Body=b"x")
    said = io.StringIO()
    with acting_as("operator"), pytest.raises(CommandFailedError, match="1 of 2"):
        call_command("lake_failures", "redrive", all=True, reason=WHY, stdout=said)
    done, stays = said.getvalue().splitlines()
    assert done.startswith("redrive message ")
    open_in = f"stays (the audit of events is open in {lost.school_id}; lake_audit says why) object {key} "
    assert stays.startswith(open_in)
    assert [row["entity"] for row in lost.rows(Dataset.GRADES)] == ["evaluation"]
    assert (lost.messages(), errors_in(lost.cloud)) == ([], [key])


@pytest.mark.usefixtures("settled")
def test_event_that_changed_weeks_after_its_arrival_is_refilled_before_its_message_goes(lost: Lost) -> None:
    """As those whose expiry is put off, at the earliest 23 days after they arrived."""
    with broken_pipe(lost.cloud):
        lost.arrived_earlier(timedelta(days=25))
        wait_until(lambda: len(lost.messages()) > 1, what="the change's dead letter", timeout_s=60)
    ask("redrive", all=True, reason=WHY)
    assert {row["event_id"] for row in lost.rows()} == lost.event_ids
    assert lost.messages() == []


def _killed(*_args: object) -> None:
    raise SystemError


@pytest.fixture
def put_aside(cloud: Cloud) -> str:
    """The key of an object that Firehose made of a record without a date."""
    emptied(cloud)
    record = {"Data": json.dumps({"school_id": "x", "occurred_at_epoch_s": "secreto"}).encode()}
    cloud.root("firehose").put_record(DeliveryStreamName=cloud.outputs["EventsFirehoseName"], Record=record)
    [key] = wait_until(lambda: errors_in(cloud), what="the error object", timeout_s=60)
    return key


@pytest.mark.usefixtures("settled")
def test_error_object_is_listed_and_removed_once_every_school_is_closed(
    cloud: Cloud, put_aside: str, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "list_schools", lambda: [RegisteredSchool(school.school_id, "PE", "America/Lima")])
    [line] = ask("list")
    today = clock.now().date().isoformat()
    assert line.startswith(f"object {put_aside} dataset=events type=processing-failed day={today} bytes=")
    assert "secreto" not in line
    [done] = ask("redrive", object=put_aside, reason=WHY)
    assert done.startswith(f"redrive object {put_aside} ")
    assert errors_in(cloud) == []
    versions = cloud.root("s3").list_object_versions(Bucket=settings.LAKE_BUCKET, Prefix=put_aside)
    assert len(versions["Versions"]) == len(versions["DeleteMarkers"]) == 1  # the bucket's rule takes them away


def test_nobody_but_the_operator_sees_or_removes_an_error_object_and_nobody_reads_one(
    cloud: Cloud, put_aside: str, school_id: str
) -> None:
    for who in ("web", "worker"):
        with acting_as(who), pytest.raises(AccessDeniedError):
            error_objects.list_error_objects()
        with acting_as(who), pytest.raises(AccessDeniedError):
            error_objects.delete_error_object(put_aside)
    listed, named = {"Prefix": "errors/"}, {"Key": put_aside}
    with acting_as("operator"), enter_school(school_id):
        calls: list[tuple[str, dict[str, Any]]]
        calls = [("list_objects_v2", listed), ("delete_object", named), ("get_object", named)]
        assert denied(scoped_client("s3"), calls) == calls
        with enter_lake():
            assert denied(scoped_client("s3"), calls) == calls
    session: Any = boto3.Session(profile_name="operator", region_name="us-east-1")
    calls = [
        ("get_object", named),
        ("head_object", named),
        ("put_object", {**named, "Body": b"x"}),
        ("delete_object", {**named, "VersionId": "null"}),
        ("delete_object", {"Key": f"events/year=2026/month=11/school={school_id}/f.parquet"}),
        ("list_objects_v2", {"Prefix": "events/"}),
        ("list_objects_v2", {}),
        ("list_object_versions", listed),
    ]
    assert denied(session.client("s3", endpoint_url=cloud.emulator.endpoint_url), calls) == calls
    assert errors_in(cloud) == [put_aside]


def denied(s3: Any, calls: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Those that IAM refuses."""
    found = []
    for name, named in calls:
        try:
            getattr(s3, name)(Bucket=settings.LAKE_BUCKET, **named)
        except ClientError as error:
            found += [(name, named)] if error.response["Error"]["Code"] in {"AccessDenied", "403"} else []
    return found
