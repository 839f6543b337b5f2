"""Leaving the cloud as it was found: a test run shares it with everybody else's tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edu import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

_LOOKING_S = 900
_BATCH = 25  # as many as DynamoDB takes at once
Items = dict[tuple[str, str], Any]


def items(cloud: Cloud) -> Items:
    """Everything in the table by its key, read by root, but for what TTL may take out while somebody looks."""
    pages = (
        cloud.root("dynamodb").get_paginator("scan").paginate(TableName=cloud.outputs["TableName"], ConsistentRead=True)
    )
    soon = clock.epoch_s() + _LOOKING_S
    found = (item for page in pages for item in page["Items"])
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found if not _expires_by(soon, item)}


def _expires_by(instant_s: int, item: Any) -> bool:
    return "expires_at" in item and int(item["expires_at"]["N"]) <= instant_s


@contextmanager
def same_table_after(cloud: Cloud) -> Iterator[None]:
    """Put back what the block changed in the table, and take out what it added."""
    before = items(cloud)
    try:
        yield
    finally:
        after = items(cloud)
        added = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in after.keys() - before.keys()]
        changed = [item for key, item in before.items() if after.get(key) != item]
        _write(cloud, [{"DeleteRequest": {"Key": key}} for key in added])
        _write(cloud, [{"PutRequest": {"Item": item}} for item in changed])


def _write(cloud: Cloud, requests: list[dict[str, Any]]) -> None:
    table = cloud.outputs["TableName"]
    for start in range(0, len(requests), _BATCH):
        answer = cloud.root("dynamodb").batch_write_item(RequestItems={table: requests[start : start + _BATCH]})
        assert not answer["UnprocessedItems"]


@contextmanager
def same_bucket_after(cloud: Cloud) -> Iterator[None]:
    """Take out of the lake what the block put there."""
    before = _objects(cloud)
    try:
        yield
    finally:
        root, bucket = cloud.root("s3"), cloud.outputs["LakeBucket"]
        for key in sorted(_objects(cloud) - before):
            root.delete_object(Bucket=bucket, Key=key)


def _objects(cloud: Cloud) -> set[str]:
    pages = cloud.root("s3").get_paginator("list_objects_v2").paginate(Bucket=cloud.outputs["LakeBucket"])
    return {item["Key"] for page in pages for item in page.get("Contents", [])}
