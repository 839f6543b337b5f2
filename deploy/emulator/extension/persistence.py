"""The state at the end and at the start: all of it or, said in one line, nothing.

Stock ministack copies everything, writes a file a service through Python's own encoder and goes on without what it
cannot read. It also forgets DynamoDB's stream records, without which a pipe's saved position points past the end of an
empty stream, and STS sessions, without which every cached credential becomes invalid.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from deploy.emulator import state_file
from deploy.emulator.errors import EmulatorError, MinistackChangedError
from deploy.emulator.extension import background, patching, state_encoding
from deploy.emulator.state_file import StateDamagedError

logger = logging.getLogger("libreta.emulator")
_DYNAMODB_STORES = (
    "tables",
    "tags",
    "ttl_settings",
    "pitr_settings",
    "kinesis_destinations",
    "contributor_insights",
    "backups",
    "resource_policies",
    "exports",
    "imports",
)
_STREAM_STORES = ("_stream_records", "_stream_trimmed", "_closed_streams")
_failures: list[Exception] = []


def _dynamodb_state(original: patching.AnyFunction) -> patching.AnyFunction:
    """The stores themselves instead of copies, which take longer to make than to write."""
    dynamodb = patching.service("dynamodb")
    if sorted(original()) != sorted(_DYNAMODB_STORES):
        raise MinistackChangedError("ministack keeps other parts of dynamodb than the extension knows")

    def get_state() -> dict[str, Any]:
        tables = type(dynamodb._tables)()
        for scope, table in dynamodb._tables.all_items():
            tables.set_scoped(*scope, {key: value for key, value in table.items() if key != dynamodb._INDEX_MEMBERS})
        stores = {name: getattr(dynamodb, f"_{name}") for name in _DYNAMODB_STORES}
        return {**stores, "tables": tables, **{name: getattr(dynamodb, name) for name in _STREAM_STORES}}

    return get_state


def _load_dynamodb(original: patching.AnyFunction) -> patching.AnyFunction:
    def load_persisted_state(data: dict[str, Any]) -> None:
        original(data)
        dynamodb = patching.service("dynamodb")
        for name in _STREAM_STORES:
            getattr(dynamodb, name).update(data.get(name, {}))

    return load_persisted_state


def _firehose_state(original: patching.AnyFunction) -> patching.AnyFunction:
    """As for dynamodb: the records that wait may be many."""
    firehose, names = patching.service("firehose"), ("_streams", "_dest_counter")
    if sorted(original()) != sorted(names):
        raise MinistackChangedError("ministack keeps other parts of firehose than the extension knows")
    return lambda: {name: getattr(firehose, name) for name in names}


def _sts_state(_original: patching.AnyFunction) -> patching.AnyFunction:
    def get_state() -> dict[str, Any]:
        sts = patching.service("sts")
        sts._evict_expired_sessions()
        return {"sessions": dict(sts._sessions)}

    return get_state


def _load_sts(_original: patching.AnyFunction) -> patching.AnyFunction:
    def load_persisted_state(data: dict[str, Any]) -> None:
        patching.service("sts")._sessions.update(data.get("sessions", {}))

    return load_persisted_state


def _save_all(_original: patching.AnyFunction) -> patching.AnyFunction:
    """Hypercorn logs what fails in here and goes on, so a failure is kept for ``require_saved``."""

    def save_all(services: dict[str, Any]) -> None:
        try:
            _save(services)
        except Exception as error:
            logger.exception("the state could not be saved")
            _failures.append(error)

    return save_all


def _save(services: dict[str, Any]) -> None:
    if not background.halt():
        logger.error("background work did not stop: what it delivers from now on may be delivered twice")
    path = _path()
    with _without_garbage_collection():
        writer = state_file.Writer(path)
        for name, get_state in services.items():
            with patching.service("dynamodb")._lock if name == "dynamodb" else nullcontext():
                encoding, content = state_encoding.encode(get_state())
            writer.add(name, encoding, content)
        writer.finish()
    for old in path.parent.glob("*.json"):  # what stock ministack wrote, read at this run's start
        old.unlink()


def require_saved() -> None:
    """Raise EmulatorError when the state could not be saved: the one before is still there."""
    if _failures:
        message = f"the state could not be saved ({_failures[0]}): the next start has the one of the start before"
        raise EmulatorError(message) from _failures[0]
    gc.unfreeze()  # what is frozen at Python's own end is a page of warnings by DuckDB's binding


def restore() -> None:
    """Load the saved state, if there is one, before anything is served and while no background work runs.

    Raises StateDamagedError when not all of it can be read: the process must end then, for part of it may be in memory.
    """
    application, path = patching.application(), _path()
    with background.turn(), _without_garbage_collection():
        states = _states(path)
        for key, module_name in application._state_map.items():
            if not (state := states.pop(key, None)):
                continue
            module = application._get_module(module_name)
            if isinstance(module, application._ErrorModule):
                raise StateDamagedError(path, f"is of a service that cannot be loaded ({key})")
            try:
                module.load_persisted_state(state)
            except Exception as error:
                raise StateDamagedError(path, f"is not what the emulator expects ({key})") from error
    gc.freeze()  # what was loaded is old: no collection need look at it again


def _states(path: Path) -> dict[str, Any]:
    sections = state_file.read(path)
    if not sections:
        return _old_states(path)
    try:
        return {header.service: state_encoding.decode(header.encoding, content) for header, content in sections}
    except ValueError as error:
        raise StateDamagedError(path, "cannot be read") from error


def _old_states(path: Path) -> dict[str, Any]:
    """What stock ministack wrote, a JSON file a service; one that was cut off has a temporary file beside it."""
    for unfinished in path.parent.glob("*.json.tmp"):
        raise StateDamagedError(unfinished, "was cut off")
    states = {}
    for file in path.parent.glob("*.json"):
        try:
            content = state_encoding.decode(state_encoding.JSON, file.read_bytes())
        except ValueError as error:
            raise StateDamagedError(file, "cannot be read") from error
        states[file.stem] = content.get("payload", content)
    return states


def _path() -> Path:
    return state_file.state_path(Path(patching.core("persistence").STATE_DIR).parent)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Millions of new objects, none of them garbage, would be looked through again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _nothing(_original: patching.AnyFunction) -> patching.AnyFunction:
    return lambda: None  # ``restore`` has loaded it, and has refused what stock ministack would go on without


def install() -> None:
    """Save and restore whole, with what ministack leaves out, while no background work runs."""
    dynamodb, firehose, sts = (patching.service(name) for name in ("dynamodb", "firehose", "sts"))
    scoped, application = patching.core("responses").AccountRegionScopedDict, patching.application()
    for name in (*_STREAM_STORES, *(f"_{name}" for name in _DYNAMODB_STORES)):
        patching.require_attribute(dynamodb, name, scoped)
    patching.require_attribute(dynamodb, "_lock", type(threading.Lock()))
    patching.require_attribute(dynamodb, "_INDEX_MEMBERS", str)
    patching.require_attribute(sts, "_sessions", dict)
    patching.require(sts, "_evict_expired_sessions", "")
    patching.require(application, "_get_module", "name")
    patching.require_attribute(application, "_state_map", dict)
    patching.require_attribute(application, "_ErrorModule", type)
    for name in ("_json_default", "_json_object_hook"):
        patching.require(patching.core("persistence"), name, "obj")
    patching.replace(dynamodb, "get_state", "", _dynamodb_state)
    patching.replace(dynamodb, "load_persisted_state", "data", _load_dynamodb)
    patching.replace(firehose, "get_state", "", _firehose_state)
    patching.replace(sts, "get_state", "", _sts_state)
    patching.replace(sts, "load_persisted_state", "data", _load_sts)
    patching.replace(application, "save_all", "services", _save_all)
    patching.replace(application, "_load_persisted_state", "", _nothing)
