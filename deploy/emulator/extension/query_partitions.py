"""Where a Glue table's objects lie, and which partition each belongs to: by projection, or by ``key=value`` folders.

With projection an object counts when its key fits ``storage.location.template`` and its values the columns' ranges;
what lies elsewhere is not read, as on AWS. Known types: integer (range, interval, digits), enum, injected; no date.
A table without projection has the partitions that its objects' folders show (AWS would ask Glue for registered ones).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from deploy.emulator.extension.query_statement import QueryRefusedError

_PLACE = re.compile(r"\$\{(\w+)\}")
_TYPES = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
    "varbinary": "BLOB",
}
_FOLDERS = 50_000  # whose values a table remembers
_DECIMAL = re.compile(r"decimal\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")

Values = tuple[str | None, ...]


@dataclass(frozen=True)
class TableLayout:
    """A table's columns with the engine's types, and how a key tells its partition."""

    bucket: str
    prefix: str
    columns: Mapping[str, str]
    partitions: Mapping[str, str]
    injected: frozenset[str]
    values_of: Callable[[str], Values | None]


def layout_of(table: Mapping[str, Any]) -> TableLayout:
    """The layout of a table as Glue has it; of one that stays as it is it is worked out once.

    Raises:
        QueryRefusedError: its projection cannot be read.
    """
    parts = {name: table.get(name) for name in ("StorageDescriptor", "Parameters", "PartitionKeys")}
    return _layout_of(json.dumps(parts, sort_keys=True))


@lru_cache(maxsize=100)
def _layout_of(definition: str) -> TableLayout:
    table = json.loads(definition)
    storage, parameters = table.get("StorageDescriptor") or {}, table.get("Parameters") or {}
    partitions = _columns(table.get("PartitionKeys") or [])
    base = str(storage.get("Location") or "")
    base = base if base.endswith("/") else f"{base}/"
    projected = str(parameters.get("projection.enabled", "")).lower() == "true" and bool(partitions)
    template = base
    if projected:
        folders = "".join(f"{name}=${{{name}}}/" for name in partitions)
        template = str(parameters.get("storage.location.template") or base + folders)
    place = urlsplit(_PLACE.split(template)[0])
    prefix = place.path.lstrip("/")
    values_of = _by_template(template, parameters, list(partitions)) if projected else _by_folders(prefix, partitions)
    injected = {name for name in partitions if projected and _type_of(parameters, name) == "injected"}
    columns, told = _columns(storage.get("Columns") or []), lru_cache(maxsize=_FOLDERS)(values_of)
    return TableLayout(place.netloc, prefix, columns, partitions, frozenset(injected), told)


def engine_type(glue_type: str) -> str:
    """DuckDB's type for one of Glue's; a nested one is text."""
    lowered = glue_type.lower().strip()
    if found := _DECIMAL.fullmatch(lowered):
        return f"DECIMAL({found[1]},{found[2] or 0})"
    return "DECIMAL(10,0)" if lowered == "decimal" else _TYPES.get(lowered.split("(")[0].strip(), "VARCHAR")


def _columns(found: list[Mapping[str, Any]]) -> dict[str, str]:
    return {str(column["Name"]).lower(): engine_type(str(column.get("Type", "string"))) for column in found}


def _type_of(parameters: Mapping[str, Any], name: str) -> str:
    return str(parameters.get(f"projection.{name}.type", "")).lower()


def _by_template(template: str, parameters: Mapping[str, Any], names: list[str]) -> Callable[[str], Values | None]:
    path = urlsplit(template.replace("?", "%3F").replace("#", "%23")).path.lstrip("/")
    path = path if path.endswith("/") else f"{path}/"
    rules = {name: cache(_rule(parameters, name)) for name in names}  # a lake has few values and many folders
    pattern, end = "", 0
    seen: set[str] = set()
    for place in _PLACE.finditer(path):
        name = place[1].lower()
        pattern += re.escape(path[end : place.start()]) + (f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)")
        seen.add(name)
        end = place.end()
    if seen != set(names):
        raise QueryRefusedError(
            "INVALID_TABLE_PROPERTY: storage.location.template does not name every partition column"
        )
    fits = re.compile(pattern + re.escape(path[end:]))

    def values_of(key: str) -> Values | None:
        found = fits.match(key)
        if not found or not all(rules[name](found[name]) for name in names):
            return None
        return tuple(found[name] for name in names)

    return values_of


def _rule(parameters: Mapping[str, Any], name: str) -> Callable[[str], bool]:
    kind = _type_of(parameters, name)
    try:
        if kind == "integer":
            low, high = (int(part) for part in str(parameters[f"projection.{name}.range"]).split(","))
            step = int(parameters.get(f"projection.{name}.interval", 1))
            digits = int(parameters.get(f"projection.{name}.digits", 0))
            return lambda text: _is_of(text, range(low, high + 1, step), digits)
        if kind == "enum":
            allowed = frozenset(part.strip() for part in str(parameters[f"projection.{name}.values"]).split(","))
            return lambda text: text in allowed
    except (KeyError, ValueError) as error:
        raise QueryRefusedError(f"INVALID_TABLE_PROPERTY: the projection of {name} cannot be read") from error
    if kind == "injected":
        return lambda _text: True
    raise QueryRefusedError(f"INVALID_TABLE_PROPERTY: the emulator knows no projection of type '{kind}' ({name})")


def _is_of(text: str, allowed: range, digits: int) -> bool:
    """Whether a folder's text is one that projection would write: ``digits`` pads with zeros."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        return False
    number = int(text)
    return number in allowed and text == (f"{number:0{digits}d}" if digits else str(number))


def _by_folders(prefix: str, partitions: Mapping[str, str]) -> Callable[[str], Values | None]:
    def values_of(key: str) -> Values | None:
        parts = (part.partition("=") for part in key[len(prefix) :].split("/")[:-1])
        found = {name.lower(): value for name, mark, value in parts if mark}
        return tuple(found.get(name) for name in partitions)

    return values_of
