"""The events' ledger seen from outside: what the command says of it, and what it cost."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from deploy.local.layout import SOURCE_ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT_BYTES = 1024
_ENTITIES = ("event_receipts", "event_report")


def ledger_says(environment: Mapping[str, str], *, profile: str = "operator") -> tuple[int, str]:
    """The exit code and the words of ``manage.py behavior_ledger``."""
    done = subprocess.run(
        [sys.executable, "manage.py", "behavior_ledger", "--hours", "3"],
        cwd=SOURCE_ROOT,
        env={**environment, "AWS_PROFILE": profile},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def write_units_of_ledger(root: Any, table: str) -> int:
    """What the ledger's items cost when they were written: a unit for each begun KiB.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    pages = root.get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"] if item["entity"]["S"] in _ENTITIES]
    return sum(-(-_bytes_of(item) // _UNIT_BYTES) for item in items)


def _bytes_of(item: dict[str, Any]) -> int:
    return sum(
        len(name) + len(content if isinstance(content, bytes) else json.dumps(content))
        for name, value in item.items()
        for content in value.values()
    )
