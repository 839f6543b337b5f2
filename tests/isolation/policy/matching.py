"""Patterns of IAM: ``*`` is any text, ``?`` one character, ``${key}`` a value of the request, all else is itself.

Written from "IAM JSON policy elements: Variables and tags" and "Condition operators" of the IAM user guide. Both
wildcards may stand for any character, also ``/``, ``:`` and a line's end; ``${*}``, ``${?}`` and ``${$}`` are the three
characters themselves. A variable's value stands for itself, whatever is in it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Wild(Enum):
    """The two wildcards."""

    ANY = "*"
    ONE = "?"


Token = str | Wild


class MalformedPatternError(ValueError):
    """A ``${`` that is never closed, or an empty variable."""


def parse(pattern: str, value_of: Callable[[str], str | None]) -> list[Token] | None:
    """The pattern as single characters and wildcards; ``None`` when one of its variables has no value.

    Raises:
        MalformedPatternError: see there.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("${", at):
            end = pattern.find("}", at)
            if end <= at + 2:
                raise MalformedPatternError(pattern)
            name = pattern[at + 2 : end]
            value = name if name in ("*", "?", "$") else value_of(name)
            if value is None:
                return None
            tokens += value
            at = end + 1
        else:
            tokens.append(_token(pattern[at]))
            at += 1
    return tokens


def matches(tokens: Sequence[Token], text: str) -> bool:
    """Whether the whole text fits, by the set of positions reached so far; no backtracking."""
    reached = {0}
    for token in tokens:
        if token is Wild.ANY:
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(text) and token in (Wild.ONE, text[at])}
        if not reached:
            return False
    return len(text) in reached


def _token(character: str) -> Token:
    return Wild(character) if character in ("*", "?") else character
