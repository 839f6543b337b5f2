"""A pipe's input template, filled from a record.

AWS keeps the result valid JSON: a reference in quotes is placed as text, one outside quotes as a JSON value, so an
unquoted reference to a string brings its own quotes (a DynamoDB number is such a string: ``{"N": "3.5"}``). What a
missing path becomes outside quotes is not documented; here it is empty, which makes the document invalid and therefore
visible under the delivery stream's error prefix.
"""

# ruff: noqa: ANN401 - ministack's values have no types

import json
import re
import time
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"<(?:\$((?:\.|\[)[^<>\s]*)|aws\.pipes\.([A-Za-z.\-]+))>")
_STEP = re.compile(r"\.?([A-Za-z0-9_\-]+)|\[(\d+)\]|\['([^']+)'\]")


def render(template: str, record: Mapping[str, Any], pipe: Mapping[str, Any]) -> str:
    """``template`` with its references replaced by the values in ``record`` and the pipe's reserved variables."""
    parts: list[str] = []
    quoted, position = False, 0
    for match in _REFERENCE.finditer(template):
        before = template[position : match.start()]
        quoted ^= _quotes(before) % 2 == 1
        value = _at(record, match.group(1)) if match.group(1) else _reserved(match.group(2), record, pipe)
        parts += [before, _as_text(value, quoted=quoted)]
        position = match.end()
    return "".join([*parts, template[position:]])


def _quotes(text: str) -> int:
    """Quotation marks that open or close a string."""
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text))


def _as_text(value: Any, *, quoted: bool) -> str:
    if value is None:
        return ""
    if quoted and isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _at(record: Any, path: str) -> Any:
    node = record
    for name, index, key in _STEP.findall(path):
        if isinstance(node, Mapping):
            node = node.get(name or key or index)
        elif isinstance(node, list) and (index or name).isdigit() and int(index or name) < len(node):
            node = node[int(index or name)]
        else:
            return None
    return node


def _reserved(name: str, record: Mapping[str, Any], pipe: Mapping[str, Any]) -> Any:
    values = {
        "pipe-arn": pipe.get("Arn"),
        "pipe-name": pipe.get("Name"),
        "source-arn": pipe.get("Source"),
        "target-arn": pipe.get("Target"),
        "event": record,
        "event.json": record,
        "event.ingestion-time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return values.get(name)
