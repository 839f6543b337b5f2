"""Firehose delivers in batches, as on AWS: one S3 object for the records of one interval and one partition.

Stock ministack writes one object per record, inside the call that puts it, and keeps every record in memory for ever.
Here a record waits in its stream's own (persisted) list until the next delivery, at most about the emulator's
``--delivery-interval``; the template's longer interval is for AWS. A turn of the background work delivers a bounded
number of them. Delivery is at least once.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import asyncio
import base64
import functools
import logging
import re
from collections import defaultdict
from typing import Any, TypeAlias

from deploy.emulator.extension import background, patching

logger = logging.getLogger("libreta.emulator")
Record: TypeAlias = dict[str, Any]
Identified: TypeAlias = tuple[str, bytes]

TURN_RECORDS = 5_000

_TO_NUMBER = "@tonumber"
_S3_DESTINATIONS = ("ExtendedS3", "S3")


class UndeliveredError(Exception):
    """S3 refused an object; its records stay and are tried again."""


class Batch:
    """What one turn takes of a destination's waiting records; those that are done leave the list, whatever happens."""

    def __init__(self, stream: dict[str, Any], destination: dict[str, Any], waiting: list[Record]) -> None:
        self.stream, self.destination = stream, destination
        self._waiting = waiting
        self._undelivered: set[str] = set()

    def deliver(self) -> None:
        """Deliver group after group, until told to stop.

        Raises:
            UndeliveredError: S3 refused an object.
        """
        groups = self._groups()
        self._undelivered = {record_id for group in groups.values() for record_id, _data in group}
        try:
            for prefix, group in groups.items():
                self._put(prefix, group)
        finally:
            self._forget_delivered()

    def _groups(self) -> dict[str, list[Identified]]:
        """The records by the prefix of their object; one without is in the error prefix already."""
        firehose = patching.service("firehose")
        pairs = [(record["id"], _decoded(record["data"])) for record in self._waiting]
        keys: dict[str, dict[str, str]] = {}
        groups: dict[str, list[Identified]] = defaultdict(list)
        processed = firehose._apply_lambda_processors(self.stream, self.destination, pairs, partition_sink=keys)
        for record_id, data in processed:
            prefix = _prefix(self.destination["config"], data, keys.get(record_id))
            if prefix is None:
                firehose._deliver_to_s3(self.stream, self.destination, data, keys.get(record_id))
            else:
                groups[prefix].append((record_id, data))
        return groups

    def _put(self, prefix: str, group: list[Identified]) -> None:
        """One object, or one of each half (and so on) when a record is faulty, which ends in the error prefix."""
        if background.halting():
            return
        data = [item for _record_id, item in group]
        try:
            _put_group(self.stream, self.destination, prefix, data)
        except patching.service("firehose")._DeliveryError:
            if len(group) > 1:
                middle = len(group) // 2
                self._put(prefix, group[:middle])
                self._put(prefix, group[middle:])
                return
            patching.service("firehose")._deliver_to_s3(self.stream, self.destination, data[0])
        self._undelivered.difference_update(record_id for record_id, _data in group)

    def _forget_delivered(self) -> None:
        done = {record["id"] for record in self._waiting} - self._undelivered
        with patching.service("firehose")._lock:
            records = self.destination["records"]
            records[:] = [item for item in records if item["id"] not in done]


def deliver_all() -> bool:
    """Deliver a turn's share of what waits in every stream; True when more waits than that.

    A stream that fails keeps its records and does not stop the others.
    """
    firehose, has_more = patching.service("firehose"), False
    for (account_id, region, _name), stream in firehose._streams.all_items():
        for destination in stream["destinations"]:
            if destination["type"] not in _S3_DESTINATIONS or background.halting():
                continue
            with firehose._lock:
                waiting: list[Record] = destination["records"][:TURN_RECORDS]
            try:
                with background.scope(account_id, region):
                    Batch(stream, destination, waiting).deliver()
            except UndeliveredError:
                logger.exception("delivery stream %s keeps %d records", stream["name"], len(destination["records"]))
            else:
                has_more |= bool(destination["records"]) and len(waiting) == TURN_RECORDS
    return has_more


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
        body, extension = firehose._convert_to_parquet(conversion, b"\n".join(data)), ".parquet"
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
    """Let jq's ``tonumber`` through stock ministack's parser, which knows ``strftime`` only; and parse a query once."""

    @functools.lru_cache(maxsize=100)
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
