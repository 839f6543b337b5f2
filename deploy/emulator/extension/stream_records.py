"""Stream records that every pipe has passed are dropped, but for the latest and what an iterator may still ask for.

On AWS, and in stock ministack, they stay for a day. Here they would fill the memory and every save with a copy of all
that was written. A stream without a pipe or with a Lambda trigger keeps its day.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import sys
import threading
import time
from typing import Any, TypeAlias

from deploy.emulator.extension import patching

KEPT = 1_000
Scope: TypeAlias = tuple[str, str, str]

_reading = threading.Lock()  # a reader takes a position and the records behind it in two steps
_MARK_S = 60
_marks: dict[Scope, dict[int, int]] = {}


def drop_consumed() -> None:
    """Drop what nobody needs of every stream. Call while no pipe is at work."""
    dynamodb = patching.service("dynamodb")
    positions = _pipe_positions()
    if _has_triggers():
        return
    for scope, records in dynamodb._stream_records.all_items():
        if scope not in positions:
            continue
        with _reading, dynamodb._lock:
            start = dynamodb._stream_trimmed.get_scoped(*scope, 0)
            needed = min(positions[scope], _oldest_iterator(scope), start + len(records) - KEPT)
            if needed > start:
                del records[: needed - start]
                dynamodb._stream_trimmed.set_scoped(*scope, needed)


def _pipe_positions() -> dict[Scope, int]:
    """The position of each stream's slowest pipe, stopped ones included."""
    pipes = patching.service("pipes")
    found: dict[Scope, int] = {}
    for (account_id, region, _name), pipe in pipes._pipes.all_items():
        source = pipes._dynamodb_stream_source(pipe.get("Source", ""))
        if source is not None:
            scope = (source[0].account_id, source[0].region, source[1])
            position = int(pipes._positions.get_scoped(account_id, region, pipe["Arn"], 0))
            found[scope] = min(position, found.get(scope, position))
    return found


def _has_triggers() -> bool:
    """Whether a Lambda function reads any stream: ministack imports that module only when it is asked for one."""
    module = sys.modules.get("ministack.services.lambda_svc")
    return bool(module and module._dynamodb_stream_positions.has_any())


def note_iterator(scope: Scope, position: int, now_s: float) -> None:
    """Remember that an iterator was given out, by its minute: some are asked for many times a second."""
    marks, minute = _marks.setdefault(scope, {}), int(now_s // _MARK_S)
    marks[minute] = min(position, marks.get(minute, position))


def _oldest_iterator(scope: Scope) -> float:
    """The lowest position of an iterator that has not expired."""
    lifetime_s = patching.service("dynamodb_streams")._ITERATOR_TTL_SECONDS
    oldest = int((time.time() - lifetime_s) // _MARK_S)
    marks = {minute: position for minute, position in _marks.get(scope, {}).items() if minute >= oldest}
    _marks[scope] = marks
    return min(marks.values(), default=float("inf"))


def _encode_iterator(original: patching.AnyFunction) -> patching.AnyFunction:
    def encode_iterator(table_name: str, shard_id: str, position: int, **more: Any) -> Any:
        note_iterator((more["account_id"], more["region"], table_name), position, time.time())
        return original(table_name, shard_id, position, **more)

    return encode_iterator


def _undisturbed(original: patching.AnyFunction) -> patching.AnyFunction:
    def answer(data: Any) -> Any:
        with _reading:
            return original(data)

    return answer


def install() -> None:
    """Know the iterators that are given out; ``pipes`` drops after its turns."""
    streams, pipes, dynamodb = (patching.service(name) for name in ("dynamodb_streams", "pipes", "dynamodb"))
    scoped = patching.core("responses").AccountRegionScopedDict
    for module, name in ((dynamodb, "_stream_records"), (dynamodb, "_stream_trimmed"), (pipes, "_positions")):
        patching.require_attribute(module, name, scoped)
    patching.require_attribute(dynamodb, "_lock", type(threading.Lock()))
    patching.require_attribute(streams, "_ITERATOR_TTL_SECONDS", int)
    patching.require(pipes, "_dynamodb_stream_source", "stream_arn")
    names = "table_name shard_id position account_id region stream_arn"
    patching.replace(streams, "_encode_iterator", names, _encode_iterator)
    patching.replace(streams, "_get_records", "data", _undisturbed)
    patching.replace(streams, "_get_shard_iterator", "data", _undisturbed)
