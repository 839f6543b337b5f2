"""DynamoDB's time to live: expired items go within seconds, and their removal is in the stream as on AWS.

Stock ministack looks once a minute and writes no stream record.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import importlib
import logging
import sys
import threading
import time
from typing import Any

from deploy.emulator.errors import MinistackChangedError
from deploy.emulator.extension import background, patching

logger = logging.getLogger("libreta.emulator")
STOCK_REAPER = "dynamodb-ttl-reaper"
# AWS leaves items alone whose time lies more than five years back.
OLDEST_AGE_S = 5 * 365 * 86_400
# GetRecords spells the members with capitals, events of Lambda and Pipes without; a record here serves both.
SERVICE_IDENTITY = {
    "type": "Service",
    "principalId": "dynamodb.amazonaws.com",
    "Type": "Service",
    "PrincipalId": "dynamodb.amazonaws.com",
}


def import_dynamodb() -> None:
    """Import ministack's dynamodb module without letting its own reaper thread start.

    Raises MinistackChangedError when the module was imported before, or starts its reaper in another way.
    """
    if "ministack.services.dynamodb" in sys.modules:
        raise MinistackChangedError("ministack's dynamodb was imported before the extension")
    withheld: list[str] = []
    start = threading.Thread.start

    def start_others(thread: threading.Thread) -> None:
        if thread.name == STOCK_REAPER:
            withheld.append(thread.name)
        else:
            start(thread)

    threading.Thread.start = start_others  # type: ignore[method-assign, assignment]  # put back below
    try:
        importlib.import_module("ministack.services.dynamodb")
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
    if withheld != [STOCK_REAPER]:
        raise MinistackChangedError("ministack's dynamodb does not start its reaper as it did")


def is_expired(item: dict[str, Any], attribute: str, now_s: float) -> bool:
    """Whether AWS would remove ``item``: the attribute is a number of epoch seconds, past, at most five years ago."""
    value = item.get(attribute)
    number = value.get("N") if isinstance(value, dict) else None
    if number is None:
        return False
    return bool(now_s - OLDEST_AGE_S <= float(number) < now_s)


def sweep() -> bool:
    """Remove every expired item of every table that has a time to live; False, for none is left."""
    dynamodb = patching.service("dynamodb")
    for (account_id, region, name), setting in list(dynamodb._ttl_settings.all_items()):
        attribute = setting.get("AttributeName")
        table = dynamodb._tables.get_scoped(account_id, region, name)
        if setting.get("TimeToLiveStatus") == "ENABLED" and attribute and table:
            with background.scope(account_id, region):
                _sweep_table(name, table, attribute)
    return False


def _sweep_table(name: str, table: dict[str, Any], attribute: str) -> None:
    dynamodb = patching.service("dynamodb")
    now_s = time.time()
    expired = [
        (partition, sort)
        for partition, items in list(table["items"].items())
        for sort, item in list(items.items())
        if is_expired(item, attribute, now_s)
    ]
    for partition, sort in expired:
        if background.halting():
            return
        with dynamodb._lock:
            current = table["items"].get(partition, {}).get(sort)
            if current is None or not is_expired(current, attribute, now_s):
                continue
            removed = dynamodb._remove_item(table, partition, sort)
            emitted = len(dynamodb._stream_records.get(name) or [])
            dynamodb._emit_stream_event(name, "REMOVE", removed, None)
            for record in (dynamodb._stream_records.get(name) or [])[emitted:]:
                record["userIdentity"] = SERVICE_IDENTITY


def install(interval_s: float) -> None:
    """Sweep about every ``interval_s`` seconds."""
    dynamodb = patching.service("dynamodb")
    patching.require(dynamodb, "_remove_item", "table pk_val sk_val")
    patching.require(dynamodb, "_emit_stream_event", "table_name event_name old_item new_item replicate")
    patching.require_attribute(dynamodb, "_lock", type(threading.Lock()))
    background.every(interval_s, sweep, "libreta-time-to-live")
