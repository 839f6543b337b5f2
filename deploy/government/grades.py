"""Which grades the government takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_GRADES = 100
_ID = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_STATES = frozenset({"recorded", "absent", "exempt", "missing", "void", "cancelled"})
_TEXTS = ("evaluation_id", "student_id", "course_id", "state")


@dataclass(frozen=True)
class Decision:
    """Taken with an empty ``reason``, else rejected for it; what is taken and not ``kept`` is lost in silence."""

    reason: str = ""
    kept: bool = True


Held = dict[str, Any]
Decide = Callable[[Mapping[str, Any], Held | None], Decision]


@dataclass(frozen=True)
class Rules:
    """What is refused beyond the contract: student id -> reason, and field -> the pattern of what it may be."""

    refused: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, str] = field(default_factory=dict)


def read_batch(body: bytes) -> dict[str, Any] | None:
    """A batch's content, or ``None`` when it has not a batch's form: then there is nothing to answer about."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(isinstance(content.get(n), str) for n in ("term_id", "school_id")):
        return None
    grades = content.get("grades")
    if not isinstance(grades, list) or not 0 < len(grades) <= MAX_GRADES or not all(map(is_grade, grades)):
        return None
    return content


def is_grade(value: object) -> bool:
    """Whether a value has a grade's fields at all; without them there is nothing to answer about."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in _TEXTS)
        and type(value.get("version")) is int
        and isinstance(value.get("value"), str | None)
    )


def refusal_of(grade: Mapping[str, Any], held: Mapping[str, Any] | None, rules: Rules) -> str:
    """Why a grade is not taken; empty when it is. ``held`` is what is held for this student and evaluation."""
    if grade["student_id"] in rules.refused:
        return rules.refused[grade["student_id"]]
    return _malformed(grade) or _against_schema(grade, rules.schema) or _contradicted(grade, held)


def _malformed(grade: Mapping[str, Any]) -> str:
    if not all(_ID.fullmatch(grade[name]) for name in ("evaluation_id", "student_id", "course_id")):
        return "malformed_id"
    if grade["state"] not in _STATES or (grade.get("value") is not None) != (grade["state"] == "recorded"):
        return "malformed_value"
    return "malformed_version" if grade["version"] < 1 else ""


def _against_schema(grade: Mapping[str, Any], schema: Mapping[str, str]) -> str:
    for name, pattern in schema.items():
        if grade[name] is not None and not re.fullmatch(pattern, str(grade[name])):
            return f"schema.{name}"
    return ""


def _contradicted(grade: Mapping[str, Any], held: Mapping[str, Any] | None) -> str:
    if held is None or grade["version"] > held["version"]:
        return ""
    if grade["version"] < held["version"]:
        return "stale_version"
    same = all(grade.get(name) == held[name] for name in ("course_id", "state", "value"))
    return "" if same else "version_reused"
