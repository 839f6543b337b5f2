"""What an import would do, before it does it. Writes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edu import clock
from edu.erasure import records
from edu.errors import FieldError
from edu.identity.capabilities import require
from evaluations.domain.roster import Entity
from evaluations.domain.roster_changes import ChangeKind, Comparison, compare
from evaluations.domain.roster_imports import DEFAULT_HOLD_PERCENT
from evaluations.errors import ImportRefusedError
from evaluations.permissions import IMPORT_ROSTER
from evaluations.repository import roster, roster_imports, roster_records, school_profile
from evaluations.repository.roster_imports import RosterHead
from evaluations.roster_files import reading
from evaluations.roster_files.cells import DateOrder
from evaluations.roster_files.problems import MAX_TOLD, Problem, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from edu.identity.principal import Principal
    from evaluations.domain.roster import Roster, RosterContent


@dataclass(frozen=True)
class ImportOptions:
    """What whoever imports says beside the files.

    ``date_order``: how days like ``1/05/2023`` are meant; ``None``: they are refused. ``end_missing``: enrolments that
    complete files do not name end.
    """

    date_order: DateOrder | None = None
    end_missing: bool = False


@dataclass(frozen=True)
class Preview:
    """What an import would do. ``digest`` stands for every change, with what it replaces.

    ``over``: the kinds of record for which it would be held. ``notices``: where the files differ from their standard
    without harm. ``seen``: whose turn it was when the school was read.
    """

    comparison: Comparison
    digest: str
    over: tuple[Entity, ...]
    notices: tuple[Problem, ...]
    seen: RosterHead

    def counts(self) -> dict[str, int]:
        """How many records of each kind there are of what, by ``<kind of record>.<what becomes of it>``."""
        compared = self.comparison
        found = {f"{entity}.{kind}": compared.counts[entity, kind] for entity in Entity for kind in ChangeKind}
        found |= {f"{entity}.unchanged": count for entity, count in compared.unchanged.items()}
        for name in compared.missing:
            found[f"{name.entity}.missing"] = found.get(f"{name.entity}.missing", 0) + 1
        return {name: count for name, count in found.items() if count}


def preview_import(*, actor: Principal, files: Mapping[str, bytes], options: ImportOptions) -> Preview:
    """Read files and hold them against the school in scope: one query for each section, and a few.

    Raises:
        ForbiddenError: the actor may not import.
        NotFoundError: the school has no record yet.
        ImportRefusedError: the files break rules; all that were found are named, up to a bound.
    """
    require(actor, IMPORT_ROSTER)
    seen, standing = roster_imports.get_head(), roster_records.read_roster()
    read = reading.read_files(files, standing, on=_today(), date_order=options.date_order)
    if read.problems or read.content is None:
        raise _refused(read.problems)
    return compare_content(read.content, standing, seen, end_missing=options.end_missing, notices=read.notices)


def compare_content(
    content: RosterContent,
    standing: Roster,
    seen: RosterHead,
    *,
    end_missing: bool = False,
    notices: tuple[Problem, ...] = (),
) -> Preview:
    """Hold what is to be loaded against what stands; of a student who was erased it says nothing any more.

    Raises:
        NotFoundError: the school has no record.
    """
    content = _without_erased(content)
    school = school_profile.get_school()
    sections = sorted({enrolment.section_id for enrolment in content.left})
    past = [enrolment for section_id in sections for enrolment in roster.list_past_enrolments(section_id)]
    comparison = compare(content, standing, past, on=_today(), end_missing=end_missing)
    percent = DEFAULT_HOLD_PERCENT if school.import_hold_percent is None else school.import_hold_percent
    digest = hashlib.sha256(roster_imports.digest_content(comparison.changes)).hexdigest()
    return Preview(comparison, digest, comparison.over(percent), notices, seen)


def _without_erased(content: RosterContent) -> RosterContent:
    erased = {erasure.student_id for erasure in records.list_erasures()}
    return content.without(erased) if erased else content


def _today() -> date:
    """The day it is in the school. Raises ``NotFoundError`` for one without a record."""
    return clock.now().astimezone(ZoneInfo(school_profile.get_school().time_zone)).date()


def _refused(problems: Sequence[Problem]) -> ImportRefusedError:
    """The error that names what is wrong with files, by file, row and column; never what stands there."""
    return ImportRefusedError(
        fields=[FieldError(problem.place, problem.rule, words_of(problem.rule)) for problem in problems[:MAX_TOLD]]
    )
