"""Does the government hold every grade we hold? Two sets, each difference named, and a digest of what agrees."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from govsync.domain.grades import GradeKey, SubmittedGrade

if TYPE_CHECKING:
    from collections.abc import Iterable


class DifferenceKind(StrEnum):
    """How the two sides differ in one grade.

    ``duplicate``: its list has the grade more than once, whatever the entries say. ``gone``: the government
    acknowledged it, and it is not among ours.
    """

    MISSING = "missing"
    OTHER_VERSION = "other_version"
    OTHER_CONTENT = "other_content"
    DUPLICATE = "duplicate"
    UNEXPECTED = "unexpected"
    REJECTED = "rejected"
    PENDING = "pending"
    GONE = "gone"


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
class Bookkeeping:
    """What the sync itself has noted of our grades, each at its version.

    ``rejected``: refused, with the reason. ``pending``: every mark that stands, read after the grades themselves.
    ``acknowledged``: accepted by the government, in any run of the term. ``later``: evaluation and student of what was
    recorded or corrected after the cut-off, which no comparison is about.
    """

    rejected: Mapping[GradeKey, str] = field(default_factory=dict)
    pending: frozenset[GradeKey] = frozenset()
    acknowledged: frozenset[GradeKey] = frozenset()
    later: AbstractSet[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class _Sides:
    """One grade as we have it, as they hold it, and how often they list it.

    ``pending`` and ``acknowledged`` are the latest versions that are (0: none).
    """

    mine: SubmittedGrade | None
    held: SubmittedGrade | None
    times_held: int
    pending: int
    acknowledged: int

    @property
    def our_version(self) -> int:
        return self.mine.version if self.mine else 0


def compare(ours: Iterable[SubmittedGrade], theirs: Iterable[SubmittedGrade], noted: Bookkeeping) -> list[Difference]:
    """Every difference, by evaluation and student. Empty means: the government holds exactly our grades.

    What is pending or rejected differs whatever they hold. What they acknowledged must be among ours, at that version
    or a later one (a voided grade is one): otherwise it is our side that is incomplete.

    Raises:
        ValueError: ``ours`` has a grade twice.
    """
    ours_by_name = _by_name(ours)
    listed = list(theirs)
    theirs_by_name, times = {_name(grade): grade for grade in listed}, Counter(map(_name, listed))
    pending, acknowledged = _latest(noted.pending), _latest(noted.acknowledged)
    found = []
    names = ours_by_name.keys() | theirs_by_name.keys() | pending.keys() | acknowledged.keys()
    for name in sorted(names - noted.later):
        sides = _Sides(
            ours_by_name.get(name),
            theirs_by_name.get(name),
            times[name],
            pending.get(name, 0),
            acknowledged.get(name, 0),
        )
        kind, reason = _kind(sides, noted)
        if kind is not None:
            ours_at = sides.pending if kind is DifferenceKind.PENDING else sides.our_version
            theirs_at = sides.held.version if sides.held else None
            found.append(Difference(*name, kind, ours_at or None, theirs_at, reason))
    return found


def agreed(ours: Iterable[SubmittedGrade], differences: Iterable[Difference]) -> list[SubmittedGrade]:
    """Our grades without those that differ, in canonical order.

    Raises:
        ValueError: ``ours`` has a grade twice: nobody may certify a count that is too high.
    """
    differing = {(difference.evaluation_id, difference.student_id) for difference in differences}
    agreeing = (grade for name, grade in _by_name(ours).items() if name not in differing)
    return sorted(agreeing, key=lambda grade: grade.key)


def healable(differences: Iterable[Difference]) -> list[GradeKey]:
    """Our grades, at their versions, that sending again may mend: those they lack, or hold at an earlier version."""
    return [
        (found.evaluation_id, found.student_id, found.our_version)
        for found in differences
        if found.our_version is not None
        and (
            found.kind is DifferenceKind.MISSING
            or (found.kind is DifferenceKind.OTHER_VERSION and (found.their_version or 0) < found.our_version)
        )
    ]


def veiled(grade: SubmittedGrade) -> SubmittedGrade:
    """A listed grade of an evaluation that is none of ours, as it may be kept: without its names and its value.

    It may be another school's. Its digest tells it from others, and who holds the grade finds it by that.
    """
    digest = hashlib.sha256(f"{grade.evaluation_id}\t{grade.student_id}".encode()).hexdigest()
    return SubmittedGrade("unknown", digest[:16], grade.version, "unknown", "unknown")


def differences_sha256(differences: Iterable[Difference]) -> str:
    """SHA-256 over the differences in any order: what names a comparison's result."""
    lines = sorted("\t".join(str(part) for part in astuple(difference)) + "\n" for difference in differences)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _name(grade: SubmittedGrade) -> tuple[str, str]:
    return (grade.evaluation_id, grade.student_id)


def _by_name(grades: Iterable[SubmittedGrade]) -> dict[tuple[str, str], SubmittedGrade]:
    found: dict[tuple[str, str], SubmittedGrade] = {}
    for grade in grades:
        if found.setdefault(_name(grade), grade) is not grade:
            raise ValueError("a grade is there twice")
    return found


def _latest(keys: Iterable[GradeKey]) -> dict[tuple[str, str], int]:
    versions: dict[tuple[str, str], int] = {}
    for evaluation_id, student_id, version in keys:
        name = (evaluation_id, student_id)
        versions[name] = max(version, versions.get(name, 0))
    return versions


def _kind(sides: _Sides, noted: Bookkeeping) -> tuple[DifferenceKind | None, str]:
    mine = sides.mine
    if sides.acknowledged > sides.our_version:
        return DifferenceKind.GONE, ""
    if mine is not None and mine.key in noted.rejected:
        return DifferenceKind.REJECTED, noted.rejected[mine.key]
    if sides.pending and sides.pending >= sides.our_version:
        return DifferenceKind.PENDING, ""
    if sides.times_held > 1:
        return DifferenceKind.DUPLICATE, ""
    return _kind_of_decided(mine, sides.held), ""


def _kind_of_decided(mine: SubmittedGrade | None, held: SubmittedGrade | None) -> DifferenceKind | None:
    if mine is None:
        return DifferenceKind.UNEXPECTED
    if held is None:
        return DifferenceKind.MISSING
    if mine == held:
        return None
    return DifferenceKind.OTHER_VERSION if held.version != mine.version else DifferenceKind.OTHER_CONTENT
