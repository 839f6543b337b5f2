"""Arguments for any repository function, made from its annotations, so that a new function is covered by itself."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from edu.dynamo.transactions import Transaction

_PLAIN: dict[Any, Any] = {
    str: "sample-1",
    int: 1,
    float: 1.0,
    bool: False,
    bytes: b"x",
    Decimal: Decimal(5),
    date: date(2026, 3, 2),
    datetime: datetime(2026, 3, 2, 12, tzinfo=UTC),
    timedelta: timedelta(minutes=1),
    Transaction: Transaction,
    Any: None,
    object: "sample-1",
}
_BY_NAME = {
    "month": "2026-03",
    "country": "CL",
    "time_zone": "America/Santiago",
    "cursor": None,
    "school_id": "school-1",
}


class NoSampleError(TypeError):
    """An annotation that nobody taught this module."""


def arguments(function: Any) -> dict[str, Any]:
    """A value for each parameter that has no default.

    Raises:
        NoSampleError: see there.
    """
    hints = _hints(function)
    wanted = inspect.signature(function).parameters.values()
    return {
        parameter.name: sample(hints.get(parameter.name), parameter.name)
        for parameter in wanted
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


def sample(kind: Any, name: str = "") -> Any:
    """One value of a type; by the parameter's name where any value would not do."""
    if kind is str and name in _BY_NAME:
        return _BY_NAME[name]
    if kind in _PLAIN:
        value = _PLAIN[kind]
        return value() if inspect.isclass(value) else value
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    if inspect.isclass(kind) and dataclasses.is_dataclass(kind):
        return _record(kind)
    return _of_parts(kind, name)


def _of_parts(kind: Any, name: str) -> Any:
    """Unions, collections, classes and functions."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in inner else sample(inner[0], name)
    if origin is type:
        return inner[0]
    if origin is Callable:
        return lambda *_: None
    if origin in (list, tuple, set, frozenset, Iterable, Sequence):
        return _several(origin, inner)
    if origin in (dict, Mapping):
        return {sample(inner[0]): sample(inner[1])}
    raise NoSampleError(f"{name}: {kind}")


def _several(origin: Any, inner: tuple[Any, ...]) -> Any:
    if origin is tuple and inner[-1] is not Ellipsis:
        return tuple(sample(part) for part in inner)
    kind = {list: list, set: set, frozenset: frozenset}.get(origin, tuple)
    return kind([sample(inner[0])])


def _record(kind: Any) -> Any:
    """A dataclass whose own checks are left out: it is its keys that matter here, not whether it makes sense."""
    hints = _hints(kind)
    record = object.__new__(kind)
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            value = field.default
        elif field.default_factory is not dataclasses.MISSING:
            value = field.default_factory()
        else:
            value = sample(hints[field.name], field.name)
        object.__setattr__(record, field.name, value)
    return record


def _hints(annotated: Any) -> dict[str, Any]:
    """The annotations, also where their names are imported for the type checker alone."""
    return typing.get_type_hints(annotated, localns=_for_the_checker(annotated.__module__))


@cache
def _for_the_checker(module: str) -> dict[str, Any]:
    """What a module imports under ``if TYPE_CHECKING``."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    blocks = [
        node for node in tree.body if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
    ]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: getattr(importlib.import_module(str(node.module)), alias.name)
        for node in imports
        for alias in node.names
    }
