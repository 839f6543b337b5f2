"""EventBridge Pipes from a DynamoDB stream to Firehose: filters, input template, batches, retries, dead letters.

Stock ministack knows neither filters nor Firehose targets. The pipe's parameters are part of its record and its
position moves on only after a batch is delivered or dead-lettered, so both survive a restart. At least once.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from deploy.emulator.errors import MinistackChangedError
from deploy.emulator.extension import (
    background,
    input_templates,
    patching,
    pipe_targets,
    stack_resources,
    stream_records,
)
from deploy.emulator.extension.pipe_targets import StreamRecord
from deploy.emulator.extension.stack_resources import Properties

logger = logging.getLogger("libreta.emulator")
DEFAULT_BATCH_SIZE = 100
TURN_RECORDS = 2_000
_UNLIMITED = -1
_PARAMETERS = ("SourceParameters", "TargetParameters")


@dataclass
class Attempt:
    """A batch on its way: where it starts, what of it is still undelivered, how often that failed."""

    position: int
    size: int
    undelivered: list[StreamRecord]
    failures: int = 0


@dataclass
class Attempts:
    """The batch each pipe is at, by pipe ARN. Lost at a restart, which begins the batch again.

    ``has_more``: a pipe ended its turn before it was at its stream's end.
    """

    current: dict[str, Attempt] = field(default_factory=dict)
    has_more: bool = False


_attempts = Attempts()


def matches(filters: list[dict[str, Any]], record: StreamRecord) -> bool:
    """Whether any filter accepts the record, by EventBridge's own matcher; without filters every record passes."""
    if not filters:
        return True
    bridge = patching.service("eventbridge")
    alternatives = [found for item in filters for found in bridge._compiled_pattern(item.get("Pattern", "")) or []]
    return any(bridge._matches_detail(record, alternative) for alternative in alternatives)


def remember_parameters(pipe: dict[str, Any], parameters: Properties) -> None:
    """Keep a pipe's parameters in its record. Raises ValueError for a filter AWS would refuse."""
    source = parameters.get("SourceParameters") or {}
    for item in (source.get("FilterCriteria") or {}).get("Filters") or []:
        if patching.service("eventbridge")._compiled_pattern(item.get("Pattern", "")) is None:
            raise ValueError(f"Invalid filter pattern: {item.get('Pattern')}")
    pipe["SourceParameters"] = source
    pipe["TargetParameters"] = parameters.get("TargetParameters") or {}


def _poll_pipe(original: patching.AnyFunction) -> patching.AnyFunction:
    def poll_pipe(ddb: Any, pipe: dict[str, Any], pipe_account_id: str) -> None:
        pipes = patching.service("pipes")
        if pipes._arn_service(pipe.get("Target", "")) != "firehose":
            original(ddb, pipe, pipe_account_id)
        elif "SourceParameters" in pipe and pipe.get("CurrentState") == "RUNNING":
            _attempts.has_more |= _advance(pipe)

    return poll_pipe


def _advance(pipe: dict[str, Any]) -> bool:
    """Deliver batch after batch until the stream's end, a failure or the turn's; True when there is more to do."""
    pipes, dynamodb = patching.service("pipes"), patching.service("dynamodb")
    source = pipes._dynamodb_stream_source(pipe["Source"])
    if source is None:
        return False
    spec, table = source
    scope = {"account_id": spec.account_id, "region": spec.region}
    looked_at = 0
    while looked_at < TURN_RECORDS and not background.halting():
        position = max(int(pipes._positions.get(pipe["Arn"], 0)), dynamodb.stream_start_position(table, **scope))
        attempt = _attempts.current.get(pipe["Arn"])
        if attempt is None or attempt.position != position:
            size = _stream_parameters(pipe).get("BatchSize") or DEFAULT_BATCH_SIZE
            records = dynamodb.stream_records_since(table, position, int(size), **scope)
            wanted = [record for record in records if matches(_filters(pipe), record)]
            attempt = Attempt(position, len(records), wanted)
        if not attempt.size:
            return False
        if not _deliver(pipe, attempt):
            _attempts.current[pipe["Arn"]] = attempt
            return False
        _attempts.current.pop(pipe["Arn"], None)
        pipes._positions[pipe["Arn"]] = position + attempt.size
        looked_at += attempt.size
    return True


def _deliver(pipe: dict[str, Any], attempt: Attempt) -> bool:
    """Try once; True when nothing of the batch is left to do."""
    template = pipe["TargetParameters"].get("InputTemplate")
    payloads = [
        input_templates.render(template, record, pipe) if template else json.dumps(record, default=str)
        for record in attempt.undelivered
    ]
    failed = pipe_targets.put_to_firehose(pipe, payloads)
    attempt.undelivered = [attempt.undelivered[index] for index in failed]
    if not failed:
        return True
    attempt.failures += 1
    return _is_exhausted(pipe, attempt) and _give_up(pipe, attempt)


def _is_exhausted(pipe: dict[str, Any], attempt: Attempt) -> bool:
    parameters = _stream_parameters(pipe)
    retries = int(parameters.get("MaximumRetryAttempts", _UNLIMITED))
    age_s = int(parameters.get("MaximumRecordAgeInSeconds", _UNLIMITED))
    oldest = min(record["dynamodb"].get("ApproximateCreationDateTime", 0) for record in attempt.undelivered)
    too_often = retries != _UNLIMITED and attempt.failures > retries
    return too_often or (age_s != _UNLIMITED and time.time() - oldest > age_s)


def _give_up(pipe: dict[str, Any], attempt: Attempt) -> bool:
    """Send the rest to the dead-letter queue; False when that fails too, and the batch stays."""
    queue_arn = (_stream_parameters(pipe).get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        logger.error("pipe %s drops %d records: no dead-letter queue", pipe["Name"], len(attempt.undelivered))
        return True
    try:
        pipe_targets.send_to_dead_letters(pipe, queue_arn, attempt.undelivered)
    except patching.service("sqs")._Err:
        logger.exception("pipe %s cannot reach its dead-letter queue", pipe["Name"])
        return False
    logger.error("pipe %s sent %d records to its dead-letter queue", pipe["Name"], len(attempt.undelivered))
    return True


def _stream_parameters(pipe: dict[str, Any]) -> Properties:
    parameters: Properties = pipe["SourceParameters"].get("DynamoDBStreamParameters") or {}
    return parameters


def _filters(pipe: dict[str, Any]) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = (pipe["SourceParameters"].get("FilterCriteria") or {}).get("Filters") or []
    return filters


def _poll_once(original: patching.AnyFunction) -> patching.AnyFunction:
    def poll_once() -> None:
        has_more = True
        while has_more:
            with background.turn():
                _attempts.has_more = False
                original()
                stream_records.drop_consumed()
                has_more = _attempts.has_more

    return poll_once


def _create_pipe(original: patching.AnyFunction) -> patching.AnyFunction:
    def create_pipe(name: str, body: Properties) -> Any:
        existed = name in patching.service("pipes")._pipes
        answer = original(name, body)
        return answer if existed else _with_parameters(name, body, answer)

    return create_pipe


def _update_pipe(original: patching.AnyFunction) -> patching.AnyFunction:
    def update_pipe(name: str, body: Properties) -> Any:
        answer = original(name, body)
        return _with_parameters(name, body, answer) if any(part in body for part in _PARAMETERS) else answer

    return update_pipe


def _with_parameters(name: str, body: Properties, answer: Any) -> Any:
    pipes = patching.service("pipes")
    pipe = pipes._pipes.get(name)
    if pipe is None:
        return answer
    known = {part: pipe.get(part) for part in _PARAMETERS}
    try:
        remember_parameters(pipe, {**known, **body})
    except ValueError as error:
        return pipes._error(400, "ValidationException", str(error))
    start = _stream_parameters(pipe).get("StartingPosition")
    if start and pipe.get("StartingPosition") != start:
        pipe["StartingPosition"] = start
        pipes._positions[pipe["Arn"]] = pipes._initial_position(pipe)
    return answer


def _describe(original: patching.AnyFunction) -> patching.AnyFunction:
    def describe_response(pipe: dict[str, Any]) -> Any:
        return {**original(pipe), **{part: pipe[part] for part in _PARAMETERS if part in pipe}}

    return describe_response


def _apply(pipe_name: str, props: Properties, _old_props: Properties) -> None:
    remember_parameters(patching.service("pipes")._pipes[pipe_name], props)


def install() -> None:
    """Let ministack's pipes keep and use their parameters."""
    pipes, bridge = patching.service("pipes"), patching.service("eventbridge")
    pipe_targets.check()
    patching.require(bridge, "_matches_detail", "detail pattern")
    if not callable(getattr(bridge, "_compiled_pattern", None)):
        raise MinistackChangedError("ministack has no eventbridge._compiled_pattern any more")
    patching.require(pipes, "_dynamodb_stream_source", "stream_arn")
    patching.require(pipes, "_initial_position", "pipe")
    patching.replace(pipes, "_poll_pipe", "_ddb pipe pipe_account_id", _poll_pipe)
    patching.replace(pipes, "_poll_once", "", _poll_once)
    patching.replace(pipes, "_create_pipe", "name body", _create_pipe)
    patching.replace(pipes, "_update_pipe", "name body", _update_pipe)
    patching.replace(pipes, "_describe_response", "pipe", _describe)
    stack_resources.after("AWS::Pipes::Pipe", _apply)
