"""Records as they stand now, whatever kind they are of: strongly consistent, 100 a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluations.domain.copies import CopiedKind, CopiedName
from evaluations.domain.roster import Entity, RecordName
from evaluations.repository import roster, roster_records, school_profile, stored_evaluations, stored_scores

if TYPE_CHECKING:
    from collections.abc import Collection

    from evaluations.domain.copies import CopiedRecord

ROSTER_KINDS = frozenset(CopiedKind(str(entity)) for entity in Entity)


def copied_name(name: RecordName) -> CopiedName:
    """A record of the roster under the name that copies know it by."""
    return CopiedName(CopiedKind(str(name.entity)), name.ids)


def find_standing(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    """Those that stand: a call for the school, and one for each 100 of sections, other roster, evaluations, scores."""
    return {**_school(names), **_sections(names), **_roster(names), **_evaluations(names), **_scores(names)}


def _school(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    wanted = _of_kind(names, CopiedKind.SCHOOL)
    profile = school_profile.find_profile() if wanted else None
    return {name: profile.school for name in wanted if profile}


def _sections(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    """Whole, with who shares them: of that an import, and so its records, knows nothing."""
    found = roster.get_sections(name.ids[0] for name in _of_kind(names, CopiedKind.SECTION))
    return {CopiedName(CopiedKind.SECTION, (one.section_id,)): one for one in found}


def _roster(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    kinds = ROSTER_KINDS - {CopiedKind.SECTION}
    wanted = [RecordName(Entity(str(name.kind)), name.ids) for name in names if name.kind in kinds]
    return {copied_name(name): found.record for name, found in roster_records.find_records(wanted).items()}


def _evaluations(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    wanted = [name.ids[0] for name in _of_kind(names, CopiedKind.EVALUATION)]
    found = stored_evaluations.get_evaluations(wanted)
    return {CopiedName(CopiedKind.EVALUATION, (evaluation_id,)): one for evaluation_id, one in found.items()}


def _scores(names: Collection[CopiedName]) -> dict[CopiedName, CopiedRecord]:
    wanted = [(name.ids[0], name.ids[1]) for name in _of_kind(names, CopiedKind.SCORE)]
    found = stored_scores.get_scores(wanted)
    return {CopiedName(CopiedKind.SCORE, (one.evaluation_id, one.student_id)): one for one in found}


def _of_kind(names: Collection[CopiedName], kind: CopiedKind) -> list[CopiedName]:
    return [name for name in names if name.kind is kind]
