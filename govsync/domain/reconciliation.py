"""Does the government hold every grade we hold? Two sets, each difference named, and a digest of what agrees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from govsync.domain.grades import GradeKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.domain.grades import Grade


class DifferenceKind(StrEnum):
    """How the two sides differ in one grade."""

    MISSING = "missing"
    OTHER_VERSION = "other_version"
    OTHER_CONTENT = "other_content"
    UNEXPECTED = "unexpected"
    SET_APART = "set_apart"
    PENDING = "pending"


@dataclass(frozen=True)
class Difference:
    """One grade the two sides do not agree on; values are not repeated, versions tell which is which."""

    evaluation_id: str
    student_id: str
    kind: DifferenceKind
    our_version: int | None = None
    their_version: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Unsettled:
    """Our grades that the government need not hold yet: those set apart, with the reason, and those still pending."""

    set_apart: Mapping[GradeKey, str]
    pending: frozenset[GradeKey]


def compare(ours: Iterable[Grade], theirs: Iterable[Grade], unsettled: Unsettled) -> list[Difference]:
    """Every difference, by evaluation and student. Empty means: the government holds exactly our grades."""
    ours_by_name = {_name(grade): grade for grade in ours}
    theirs_by_name = {_name(grade): grade for grade in theirs}
    found = []
    for name in sorted(ours_by_name.keys() | theirs_by_name.keys()):
        mine, held = ours_by_name.get(name), theirs_by_name.get(name)
        kind, reason = _kind(mine, held, unsettled)
        if kind is not None:
            versions = (mine.version if mine else None, held.version if held else None)
            found.append(Difference(*name, kind, *versions, reason))
    return found


def agreed(ours: Iterable[Grade], differences: Iterable[Difference]) -> list[Grade]:
    """Our grades without those that differ, in canonical order."""
    differing = {(difference.evaluation_id, difference.student_id) for difference in differences}
    return sorted((grade for grade in ours if _name(grade) not in differing), key=lambda grade: grade.key)


def manifest_sha256(grades: Iterable[Grade]) -> str:
    """SHA-256 over sorted lines, one a grade: evaluation, student, version, state, value; tab-separated, LF-ended."""
    lines = sorted("\t".join((*_name(g), str(g.version), g.state, g.value or "")) + "\n" for g in grades)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _name(grade: Grade) -> tuple[str, str]:
    return (grade.evaluation_id, grade.student_id)


def _kind(mine: Grade | None, held: Grade | None, unsettled: Unsettled) -> tuple[DifferenceKind | None, str]:
    if mine is None:
        return DifferenceKind.UNEXPECTED, ""
    if mine == held:
        return None, ""
    if mine.key in unsettled.set_apart:
        return DifferenceKind.SET_APART, unsettled.set_apart[mine.key]
    if mine.key in unsettled.pending:
        return DifferenceKind.PENDING, ""
    if held is None:
        return DifferenceKind.MISSING, ""
    return (DifferenceKind.OTHER_VERSION if held.version != mine.version else DifferenceKind.OTHER_CONTENT), ""
