"""Which parts of a line run from right to left, and where they stand in it (Unicode Standard Annex 9).

Names and titles hold no embeddings, overrides or isolates: those characters are refused where text is taken. So the
implicit rules are enough (P2-P3, W1-W7, N1-N2, I1-I2, L1-L2). Of N0, the pairs of brackets, nothing is taken over: a
bracket between two directions goes with its line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import groupby

_STRONG = frozenset({"L", "R", "AL"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "BN"})
_NUMBERS = frozenset({"EN", "AN"})


@dataclass(frozen=True)
class Run:
    """A part of a line in one direction, its characters in the order in which they are spoken."""

    text: str
    rtl: bool


def has_right_to_left(text: str) -> bool:
    """Whether any character is of a script that runs from right to left."""
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def levels_of(text: str) -> list[int]:
    """The embedding level of each character of a paragraph: odd is right to left. Its first letter decides the base."""
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    base = _base(kinds)
    _resolve_weak(kinds, "R" if base else "L")
    _resolve_neutral(kinds, "R" if base else "L")
    return [base + _implicit(kind, base) for kind in kinds]


def visual_runs(text: str, levels: list[int]) -> list[Run]:
    """A line's parts from left to right; ``levels`` are those of its characters in their paragraph."""
    runs = [(level, "".join(text[n] for n in numbers)) for level, numbers in _grouped(levels)]
    highest = max((level for level, _ in runs), default=0)
    for level in range(highest, 0, -1):
        runs = _reversed_from(level, runs)
    return [Run(part, rtl=level % 2 == 1) for level, part in runs]


def _grouped(levels: list[int]) -> list[tuple[int, list[int]]]:
    return [(level, list(numbers)) for level, numbers in groupby(range(len(levels)), key=levels.__getitem__)]


def _reversed_from(level: int, runs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The runs with each stretch of at least this level in the reverse order."""
    found: list[tuple[int, str]] = []
    for is_stretch, stretch in groupby(runs, key=lambda run: run[0] >= level):
        parts = list(stretch)
        found += parts[::-1] if is_stretch else parts
    return found


def _base(kinds: list[str]) -> int:
    first = next((kind for kind in kinds if kind in _STRONG), "L")
    return 0 if first == "L" else 1


def _resolve_weak(kinds: list[str], outside: str) -> None:
    """W1 to W7, in place."""
    for n, kind in enumerate(kinds):  # W1
        if kind == "NSM":
            kinds[n] = kinds[n - 1] if n else outside
    strong = outside
    for n, kind in enumerate(kinds):  # W2
        strong = kind if kind in _STRONG else strong
        if kind == "EN" and strong == "AL":
            kinds[n] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for n in range(1, len(kinds) - 1):  # W4
        before, after = kinds[n - 1], kinds[n + 1]
        if before == after and ((kinds[n] in {"ES", "CS"} and before == "EN") or (kinds[n] == "CS" and before == "AN")):
            kinds[n] = before
    _join_terminators(kinds)  # W5
    kinds[:] = ["ON" if kind in {"ES", "ET", "CS"} else kind for kind in kinds]  # W6
    strong = outside
    for n, kind in enumerate(kinds):  # W7
        strong = kind if kind in {"L", "R"} else strong
        if kind == "EN" and strong == "L":
            kinds[n] = "L"


def _join_terminators(kinds: list[str]) -> None:
    """What stands beside a European number and belongs to it, such as ``%``, becomes one."""
    start = 0
    for kind, stretch in [(kind, len(list(group))) for kind, group in groupby(list(kinds))]:
        end = start + stretch
        beside = kinds[start - 1 : start] + kinds[end : end + 1] if start else kinds[end : end + 1]
        if kind == "ET" and "EN" in beside:
            kinds[start:end] = ["EN"] * stretch
        start = end


def _resolve_neutral(kinds: list[str], outside: str) -> None:
    """N1 and N2, in place: neutrals between two of one direction take it, others that of the paragraph."""
    start = 0
    while start < len(kinds):
        end = start
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > start:
            before = _side(kinds[start - 1]) if start else outside
            after = _side(kinds[end]) if end < len(kinds) else outside
            kinds[start:end] = [before if before == after else outside] * (end - start)
        start = end + 1


def _side(kind: str) -> str:
    return "R" if kind in _NUMBERS else kind


def _implicit(kind: str, base: int) -> int:
    """I1 and I2."""
    if base:
        return 0 if kind == "R" else 1
    return {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)
