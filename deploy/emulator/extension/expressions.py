"""An expression is read once, not again for every item that it is evaluated on, and an item is copied as what it is.

Stock ministack goes through the text of a condition four times for each of a transaction's actions, a hundred times
the same text for a hundred events, and copies the item of an update eight times with ``copy.deepcopy``, which asks of
each of its texts whether it was copied before. What is found depends on the text alone, and items hold nothing twice.
So an update costs about what a put does, as on AWS.
"""

# ruff: noqa: ANN401 - ministack's values have no types

import copy
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from deploy.emulator.extension import patching

_KEPT = 1024
_LEAVES = frozenset({str, int, bool, type(None), float, bytes})


def _once(original: patching.AnyFunction) -> patching.AnyFunction:
    check: patching.AnyFunction = lru_cache(_KEPT)(original)
    return check


def _tokens_once(original: patching.AnyFunction) -> patching.AnyFunction:
    read = lru_cache(_KEPT)(lambda expr: tuple(original(expr)))

    def tokenize(expr: str) -> list[Any]:
        return list(read(expr))

    return tokenize


def copied(value: Any, memo: Any = None) -> Any:
    """``copy.deepcopy`` for dictionaries and lists of texts and numbers; of anything else that of the library."""
    kind = type(value)
    if kind is dict:
        return {name: member if type(member) in _LEAVES else copied(member) for name, member in value.items()}
    if kind is list:
        return [member if type(member) in _LEAVES else copied(member) for member in value]
    return value if kind in _LEAVES else copy.deepcopy(value, memo)


def install() -> None:
    """Remember what was found in an expression, and copy items quickly."""
    dynamodb = patching.service("dynamodb")
    patching.replace(dynamodb, "_condition_syntax_error", "expr slot", _once)
    patching.replace(dynamodb, "_tokenize", "expr", _tokens_once)
    vars(dynamodb)["copy"] = SimpleNamespace(deepcopy=copied, copy=copy.copy)
