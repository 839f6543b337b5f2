"""Where a pipe's records go: a Firehose delivery stream, and an SQS queue for what could not be delivered."""

# ruff: noqa: SLF001 - ministack's own functions have private names

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from deploy.emulator.extension import patching

FIREHOSE_BATCH = 500
_OK = 200
StreamRecord: TypeAlias = dict[str, Any]
Pipe: TypeAlias = Mapping[str, Any]


def put_to_firehose(pipe: Pipe, payloads: Sequence[str]) -> list[int]:
    """Put the payloads; returns the positions of those the stream did not take (all when there is no such stream)."""
    firehose = patching.service("firehose")
    name = pipe["Target"].rpartition("/")[2]
    failed: list[int] = []
    for start in range(0, len(payloads), FIREHOSE_BATCH):
        batch = payloads[start : start + FIREHOSE_BATCH]
        records = [{"Data": base64.b64encode(payload.encode()).decode()} for payload in batch]
        status, _headers, body = firehose._put_record_batch({"DeliveryStreamName": name, "Records": records})
        answers = json.loads(body).get("RequestResponses", []) if status == _OK else []
        taken = {index for index, answer in enumerate(answers) if "RecordId" in answer}
        failed += [start + index for index in range(len(batch)) if index not in taken]
    return failed


def send_to_dead_letters(pipe: Pipe, queue_arn: str, records: Sequence[StreamRecord]) -> None:
    """Tell the queue, as AWS does, where in the stream the records stand; their content is not in the message.

    Raises what SQS raises when there is no such queue.
    """
    account_id, queue = queue_arn.split(":")[-2:]
    sqs = patching.service("sqs")
    url = sqs._queue_url_for_account(account_id, queue)
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    message = {
        "context": {"partnerResourceArn": pipe["Arn"], "condition": "RetryAttemptsExhausted"},
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "DDBStreamBatchInfo": {
            "shardId": patching.service("dynamodb_streams")._DEFAULT_SHARD_ID,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _instant(first),
            "approximateArrivalOfLastRecord": _instant(last),
            "batchSize": len(records),
            "streamArn": pipe["Source"],
        },
    }
    sqs._act_send_message({"QueueUrl": url, "MessageBody": json.dumps(message)}, url)


def _instant(change: Mapping[str, Any]) -> str:
    return datetime.fromtimestamp(change.get("ApproximateCreationDateTime", 0), UTC).isoformat()


def check() -> None:
    """Raise MinistackChangedError when a function used here is not as expected."""
    patching.require(patching.service("firehose"), "_put_record_batch", "data")
    patching.require(patching.service("sqs"), "_queue_url_for_account", "account_id name")
    patching.require(patching.service("sqs"), "_act_send_message", "data qurl")
    patching.require_attribute(patching.service("dynamodb_streams"), "_DEFAULT_SHARD_ID", str)
