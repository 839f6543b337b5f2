"""Which grades the government takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_STATES = frozenset({"recorded", "absent", "exempt", "missing", "void"})
_TEXTS = ("evaluation_id", "student_id", "course_id", "state")


def is_grade(value: object) -> bool:
    """Whether a value has a grade's fields at all; without them there is nothing to answer about."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in _TEXTS)
        and type(value.get("version")) is int
        and isinstance(value.get("value"), str | None)
    )


def refusal_of(grade: Mapping[str, Any], held: Mapping[str, Any] | None, refused: Mapping[str, str]) -> str:
    """Why a grade is not taken; empty when it is. ``held`` is what is held for this student and evaluation."""
    if grade["student_id"] in refused:
        return refused[grade["student_id"]]
    return _malformed(grade) or _contradicted(grade, held)


def _malformed(grade: Mapping[str, Any]) -> str:
    if not all(_ID.fullmatch(grade[name]) for name in ("evaluation_id", "student_id", "course_id")):
        return "malformed_id"
    if grade["state"] not in _STATES or (grade["value"] is not None) != (grade["state"] == "recorded"):
        return "malformed_value"
    return "malformed_version" if grade["version"] < 1 else ""


def _contradicted(grade: Mapping[str, Any], held: Mapping[str, Any] | None) -> str:
    if held is None or grade["version"] > held["version"]:
        return ""
    if grade["version"] < held["version"]:
        return "stale_version"
    same = all(grade[name] == held[name] for name in ("course_id", "state", "value"))
    return "" if same else "version_reused"
