"""State that stock ministack forgets at a restart.

DynamoDB's stream records: without them a pipe's saved position points past the end of an empty stream, and everything
written until the stream is that long again is lost. STS sessions: without them every cached credential becomes invalid.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import logging
from typing import Any

from deploy.emulator.extension import background, patching

logger = logging.getLogger("libreta.emulator")
_STREAM_STORES = ("_stream_records", "_stream_trimmed", "_closed_streams")


def _dynamodb_state(original: patching.AnyFunction) -> patching.AnyFunction:
    def get_state() -> dict[str, Any]:
        dynamodb = patching.service("dynamodb")
        return {**original(), **{name: getattr(dynamodb, name) for name in _STREAM_STORES}}

    return get_state


def _load_dynamodb(original: patching.AnyFunction) -> patching.AnyFunction:
    def load_persisted_state(data: dict[str, Any]) -> None:
        original(data)
        dynamodb = patching.service("dynamodb")
        for name in _STREAM_STORES:
            getattr(dynamodb, name).update(data.get(name, {}))

    return load_persisted_state


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


def _save_all(original: patching.AnyFunction) -> patching.AnyFunction:
    def save_all(services: dict[str, Any]) -> None:
        if not background.halt():
            logger.error("background work did not stop: what it delivers from now on may be delivered twice")
        original(services)

    return save_all


def install() -> None:
    """Save and restore what ministack leaves out, while no background work runs."""
    dynamodb, sts = patching.service("dynamodb"), patching.service("sts")
    scoped = patching.core("responses").AccountRegionScopedDict
    for name in _STREAM_STORES:
        patching.require_attribute(dynamodb, name, scoped)
    patching.require_attribute(sts, "_sessions", dict)
    patching.require(sts, "_evict_expired_sessions", "")
    patching.replace(dynamodb, "get_state", "", _dynamodb_state)
    patching.replace(dynamodb, "load_persisted_state", "data", _load_dynamodb)
    patching.replace(sts, "get_state", "", _sts_state)
    patching.replace(sts, "load_persisted_state", "data", _load_sts)
    patching.replace(patching.application(), "save_all", "services", _save_all)
