"""Stream, pipe, delivery stream, Parquet, Athena; and what expires or fails on that way."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.integration.deploy.emulator.cloud import LAKE, TABLE, Cloud
from tests.support.waiting import wait_until


def rows(cloud: Cloud, statement: str) -> list[list[str]]:
    """An Athena query's rows, without the header."""
    athena = cloud.root("athena")
    query = athena.start_query_execution(
        QueryString=statement, WorkGroup="emulator-test", QueryExecutionContext={"Database": "emulator_test"}
    )["QueryExecutionId"]

    def finished() -> dict[str, Any]:
        status: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        return status if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else {}

    status = wait_until(finished, what="the query")
    assert status["State"] == "SUCCEEDED", status
    found = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found[1:]]


def test_event_reaches_the_lake_and_athena(emulated: Cloud) -> None:
    for number in range(30):
        emulated.put_event("lake-1", f"event-{number:02}")
    emulated.put_event("lake-2", "event-of-another-school")
    emulated.put_event("lake-1", "not-an-event", entity={"S": "evaluation"})
    prefix = "events/year=2025/month=01/school=lake-1/"
    count = "SELECT count(*), min(note), avg(score) FROM events WHERE school = 'lake-1'"
    wait_until(lambda: emulated.objects(prefix) and rows(emulated, count)[0][0] == "30", what="30 events")
    assert rows(emulated, count) == [["30", 'He said "no" / ñ', "3.5"]]
    assert len(emulated.objects(prefix)) < 30, "records of one interval share an object"
    others = rows(emulated, "SELECT event_id, occurred_s FROM events WHERE school = 'lake-2'")
    assert others == [["event-of-another-school", "1735700000"]]


def test_record_without_partition_goes_to_the_error_prefix(emulated: Cloud) -> None:
    document = {"event_id": "no-date", "occurred_s": "soon", "school_id": "lake-3"}
    emulated.root("firehose").put_record(
        DeliveryStreamName="emulator-test-events", Record={"Data": json.dumps(document).encode()}
    )
    found = wait_until(lambda: emulated.objects("errors/processing-failed/"), what="the error document")
    body = emulated.root("s3").get_object(Bucket=LAKE, Key=found[0])["Body"].read()
    assert json.loads(body)["attemptsMade"] == 1


def test_one_bad_record_does_not_hold_up_its_batch(emulated: Cloud) -> None:
    firehose = emulated.root("firehose")
    good = {"event_id": "good", "score": 1, "occurred_s": "1735700000", "school_id": "lake-4"}
    bad = {**good, "event_id": "bad", "score": {"not": "a number"}}
    records = [{"Data": json.dumps(document).encode()} for document in (bad, good)]
    firehose.put_record_batch(DeliveryStreamName="emulator-test-events", Records=records)
    wait_until(lambda: emulated.objects("errors/format-conversion-failed/"), what="the error document")
    statement = "SELECT event_id FROM events WHERE school = 'lake-4'"
    assert wait_until(lambda: rows(emulated, statement), what="the good record") == [["good"]]


def test_expired_item_goes_and_its_stream_record_names_the_service(emulated: Cloud) -> None:
    dynamodb, streams = emulated.root("dynamodb"), emulated.root("dynamodbstreams")
    now_s = int(time.time())
    emulated.put("ttl-1", "past", expires_at={"N": str(now_s - 10)})
    emulated.put("ttl-1", "future", expires_at={"N": str(now_s + 3600)})
    emulated.put("ttl-1", "six-years-ago", expires_at={"N": str(now_s - 6 * 365 * 86_400)})
    emulated.put("ttl-1", "text", expires_at={"S": str(now_s - 10)})

    def sorts() -> list[str]:
        items = dynamodb.query(
            TableName=TABLE, KeyConditionExpression="pk=:p", ExpressionAttributeValues={":p": {"S": "SCHOOL#ttl-1"}}
        )["Items"]
        return [item["sk"]["S"] for item in items]

    wait_until(lambda: sorts() == ["future", "six-years-ago", "text"], what="the expiry")
    iterator = streams.get_shard_iterator(
        StreamArn=emulated.outputs["StreamArn"],
        ShardId=streams.describe_stream(StreamArn=emulated.outputs["StreamArn"])["StreamDescription"]["Shards"][0][
            "ShardId"
        ],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    removed = [
        record
        for record in streams.get_records(ShardIterator=iterator)["Records"]
        if record["eventName"] == "REMOVE" and record["dynamodb"]["Keys"]["pk"]["S"] == "SCHOOL#ttl-1"
    ]
    assert [record["dynamodb"]["OldImage"]["sk"]["S"] for record in removed] == ["past"]
    assert removed[0]["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_pipe_without_its_target_sets_records_apart(emulated: Cloud) -> None:
    pipes, sqs = emulated.root("pipes"), emulated.root("sqs")
    queue = sqs.create_queue(QueueName="emulator-test-lost")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pipes.create_pipe(
        Name="emulator-test-lost",
        RoleArn=emulated.root("iam").list_roles()["Roles"][0]["Arn"],
        Source=emulated.outputs["StreamArn"],
        SourceParameters={
            "FilterCriteria": {
                "Filters": [{"Pattern": '{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"SCHOOL#lost-"}]}}}}'}]
            },
            "DynamoDBStreamParameters": {
                "StartingPosition": "LATEST",
                "MaximumRetryAttempts": 1,
                "DeadLetterConfig": {"Arn": arn},
            },
        },
        Target="arn:aws:firehose:us-east-1:000000000000:deliverystream/no-such-stream",
    )
    try:
        emulated.put("other-1", "a")
        emulated.put("lost-1", "a")
        message = wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), what="the dead letter")[0]
        batch = json.loads(message["Body"])["DDBStreamBatchInfo"]
        assert (batch["batchSize"], batch["streamArn"]) == (1, emulated.outputs["StreamArn"])
    finally:
        pipes.delete_pipe(Name="emulator-test-lost")


def test_described_pipe_shows_its_parameters(emulated: Cloud) -> None:
    described = emulated.root("pipes").describe_pipe(Name="emulator-test")
    assert described["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"] == 100
    assert "<$.dynamodb.NewImage.sk.S>" in described["TargetParameters"]["InputTemplate"]
