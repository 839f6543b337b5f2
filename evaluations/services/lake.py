"""What the lake should hold of the grade book, read from the table: for whoever audits the one against the other.

Which versions were written when is what the audit trail says, one entry for each; what they said is what their own
items say, for good. A student without a standing pseudonym was erased: nothing of theirs is expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from edu import audit_log
from edu.pseudonyms import standing_pseudonyms_of
from evaluations.domain.copies import CopiedKind
from evaluations.repository import evaluation_versions, score_versions
from evaluations.repository.lake_rows import whole_row_of_evaluation, whole_row_of_score
from evaluations.services.copies.subjects import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from edu.audit import AuditEntry

_ENTRIES_A_READ: Final = 1000
_DELETED: Final = "evaluation.deleted"
_Version = tuple[str, str, int]  # an evaluation, a student of it ('': none), a version


@dataclass(frozen=True, slots=True)
class WrittenGrades:
    """Rows of what was written. ``gone``: versions that the trail names and the table has no more, as of the erased."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    gone: int = 0


def list_written_grades(*, since: datetime, until: datetime) -> WrittenGrades:
    """The versions of evaluations and scores of the school in scope whose entries lie in this time, as rows.

    Complete if ``until`` is no later than ``audit_log.settled_until()``. Two queries for each evaluation written to.

    Raises:
        StoreUnavailableError, AccessDeniedError: see ``edu.dynamo.errors``.
    """
    wanted: set[_Version] = set()
    deleted: set[_Version] = set()
    for entry in _entries(since, until):
        name = name_of(entry.subject)
        if name is None or name.kind not in {CopiedKind.EVALUATION, CopiedKind.SCORE}:
            continue
        student_id = name.ids[1] if name.kind is CopiedKind.SCORE else ""
        version = (name.ids[0], student_id, entry.version)
        wanted.add(version)
        if entry.action == _DELETED:
            deleted.add(version)
    found = _rows({evaluation_id for evaluation_id, _, _ in wanted}, deleted)
    rows = [found[version] for version in sorted(wanted) if version in found]
    return WrittenGrades(rows, len(wanted) - len(rows))


def list_grades_of(*, evaluation_ids: Iterable[str]) -> list[Mapping[str, Any]]:
    """Every version of these evaluations and of their scores, as rows, whenever written. Two queries for each."""
    return list(_rows(set(evaluation_ids), frozenset()).values())


def _entries(since: datetime, until: datetime) -> Iterator[AuditEntry]:
    after = audit_log.place_of(since)
    while True:
        found = audit_log.read_entries(after, until, limit=_ENTRIES_A_READ)
        yield from found
        if len(found) < _ENTRIES_A_READ:
            return
        after = audit_log.place_of(found[-1])


def _rows(evaluation_ids: set[str], deleted: set[_Version] | frozenset[_Version]) -> dict[_Version, Mapping[str, Any]]:
    rows: dict[_Version, Mapping[str, Any]] = {}
    for evaluation_id in evaluation_ids:
        for one in evaluation_versions.all_of_evaluation(evaluation_id):
            version = (evaluation_id, "", one.number)
            rows[version] = whole_row_of_evaluation(one.evaluation, deleted=version in deleted)
        scores = [one.score for one in score_versions.all_of_evaluation(evaluation_id)]
        pseudonyms = standing_pseudonyms_of({score.student_id for score in scores})
        for score in scores:
            if pseudonym := pseudonyms.get(score.student_id):
                row = whole_row_of_score(score, pseudonym)
                rows[evaluation_id, score.student_id, score.version] = row
    return rows
