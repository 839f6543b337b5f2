"""Firehose delivers in batches, as on AWS: one S3 object for the records of one interval and one partition.

Stock ministack writes one object per record, inside the call that puts it, and keeps every record in memory for ever.
Here a record waits in its stream's own (persisted) list until the next delivery, at most about the emulator's
``--delivery-interval``; the template's longer interval is for AWS. Delivery is at least once.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import asyncio
import base64
import logging
import re
from collections import defaultdict
from typing import Any, TypeAlias

from deploy.emulator.extension import background, patching

logger = logging.getLogger("libreta.emulator")
Record: TypeAlias = dict[str, Any]

_TO_NUMBER = "@tonumber"
_S3_DESTINATIONS = ("ExtendedS3", "S3")


class UndeliveredError(Exception):
    """S3 refused an object; its records stay and are tried again."""


def deliver_all() -> None:
    """Deliver what waits in every stream; a stream that fails keeps its records and does not stop the others."""
    firehose = patching.service("firehose")
    for (account_id, region, _name), stream in list(firehose._streams.all_items()):
        for destination in stream["destinations"]:
            if destination["type"] not in _S3_DESTINATIONS:
                continue
            with firehose._lock:
                waiting: list[Record] = list(destination["records"])
            with background.scope(account_id, region):
                _deliver(stream, destination, waiting)


def _deliver(stream: dict[str, Any], destination: dict[str, Any], waiting: list[Record]) -> None:
    if not waiting:
        return
    firehose = patching.service("firehose")
    pairs = [(record["id"], _decoded(record["data"])) for record in waiting]
    keys: dict[str, dict[str, str]] = {}
    groups: dict[str, list[bytes]] = defaultdict(list)
    for record_id, data in firehose._apply_lambda_processors(stream, destination, pairs, partition_sink=keys):
        prefix = _prefix(destination["config"], data, keys.get(record_id))
        if prefix is None:
            firehose._deliver_to_s3(stream, destination, data, keys.get(record_id))  # writes the error document
        else:
            groups[prefix].append(data)
    try:
        for prefix, data in groups.items():
            _put_group(stream, destination, prefix, data)
    except UndeliveredError:
        logger.exception("delivery stream %s keeps %d records", stream["name"], len(waiting))
        return
    delivered = {record["id"] for record in waiting}
    with firehose._lock:
        destination["records"][:] = [item for item in destination["records"] if item["id"] not in delivered]


def _decoded(data: str | bytes) -> bytes:
    return base64.b64decode(data) if isinstance(data, str) else data


def _prefix(config: dict[str, Any], data: bytes, lambda_keys: dict[str, str] | None) -> str | None:
    """The record's S3 prefix; None when its partition cannot be computed."""
    firehose = patching.service("firehose")
    dynamic = (config.get("DynamicPartitioningConfiguration") or {}).get("Enabled")
    try:
        query_keys = firehose._metadata_extraction_keys(config, data) if dynamic else None
        prefix: str = firehose._evaluate_prefix(
            config.get("Prefix", ""), firehose._arrival_time(config), query_keys, lambda_keys
        )
    except firehose._DeliveryError:
        return None
    return prefix


def _put_group(stream: dict[str, Any], destination: dict[str, Any], prefix: str, data: list[bytes]) -> None:
    firehose = patching.service("firehose")
    config = destination["config"]
    conversion = config.get("DataFormatConversionConfiguration") or {}
    body, extension = b"".join(data), ""
    if conversion and conversion.get("Enabled", True):
        try:
            body, extension = firehose._convert_to_parquet(conversion, b"\n".join(data)), ".parquet"
        except firehose._DeliveryError:
            for item in data:  # one of them is faulty: the others are delivered, each as an object of its own
                firehose._deliver_to_s3(stream, destination, item)
            return
    bucket = firehose._s3_bucket_from_arn(config.get("BucketARN", ""))
    arrival = firehose._java_time("yyyy-MM-dd-HH-mm-ss", firehose._arrival_time(config))
    name = f"{stream['name']}-{stream.get('version', 1)}-{arrival}-{firehose.new_uuid()}"
    _put_object(bucket, f"{prefix}{name}{config.get('FileExtension') or extension}", body)


def _put_object(bucket: str, key: str, body: bytes) -> None:
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(len(body)),
        "host": "s3.localhost",
    }
    request = patching.service("s3").handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, _headers, answer = asyncio.run(request)
    if status >= 400:  # noqa: PLR2004 - HTTP: the request was refused
        raise UndeliveredError(f"S3 answered {status} to an object of bucket {bucket}: {answer[:200]!r}")


def _wait_for_delivery(_original: patching.AnyFunction) -> patching.AnyFunction:
    def deliver_records_to_s3(stream: Any, dest: Any, records: Any) -> None:
        """Nothing to do at once: the caller has put the records into the destination's list."""

    return deliver_records_to_s3


def _parse_query(original: patching.AnyFunction) -> patching.AnyFunction:
    """Let jq's ``tonumber`` through stock ministack's parser, which knows ``strftime`` only."""

    def jq_parse(expression: str) -> Any:
        return original(re.sub(r"\|\s*tonumber\b", f'| strftime("{_TO_NUMBER}")', expression))

    return jq_parse


def _query_value(original: patching.AnyFunction) -> patching.AnyFunction:
    def jq_value(document: Any, steps: Any, functions: list[tuple[str, str]]) -> Any:
        value = original(document, steps, [])
        try:
            for function in functions:
                value = _number(value) if function[1] == _TO_NUMBER else original(value, [], [function])
        except (OverflowError, OSError) as error:  # a time outside the calendar's range
            raise ValueError(str(error)) from error
        return value

    return jq_value


def _number(value: Any) -> int | float:
    """Jq's ``tonumber``; ValueError for what is no number, which sends the record to the error prefix."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is no number")  # noqa: TRY004 - the error ministack sets records apart for
    return float(value) if "." in value or "e" in value.lower() else int(value)


def install(interval_s: float) -> None:
    """Deliver about every ``interval_s`` seconds."""
    firehose = patching.service("firehose")
    patching.require(firehose, "_apply_lambda_processors", "stream dest records metadata_sink partition_sink")
    patching.require(firehose, "_deliver_to_s3", "stream dest record_data lambda_keys")
    patching.require(firehose, "_metadata_extraction_keys", "cfg data")
    patching.require(firehose, "_evaluate_prefix", "template t query_keys lambda_keys error_type")
    patching.require(firehose, "_convert_to_parquet", "conversion data")
    patching.require(firehose, "_arrival_time", "cfg")
    patching.require(firehose, "_java_time", "pattern t")
    patching.require(firehose, "_s3_bucket_from_arn", "bucket_arn")
    patching.replace(firehose, "_deliver_records_to_s3", "stream dest records", _wait_for_delivery)
    patching.replace(firehose, "_jq_parse", "expression", _parse_query)
    patching.replace(firehose, "_jq_value", "document steps functions", _query_value)
    background.every(interval_s, deliver_all, "libreta-delivery")
