"""Computing consolidated grades from the scores, whole sections or one student at once.

The order makes it safe beside teachers who write and others who compute: read the marks, then what is stored, then the
sources; write in the place of what was read; clear the marks that were seen. A score written in between has renewed its
mark, which therefore stays; a grade computed by others in between stays too, and so does its mark. A grade whose mark
goes is written even if it is the same as before: whoever is slower and computed it from older sources then finds that
it is not the one it had read (ADR 0010).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo.errors import TransactionConflictError
from edu.dynamo.mapping import to_attributes
from edu.dynamo.transactions import Transaction, commit_what_holds
from edu.logs import get_logger
from evaluations.domain.consolidation import consolidate
from evaluations.domain.evaluation import Evaluation, Score
from evaluations.domain.grading_policy import GradingPolicy
from evaluations.domain.scales import GradingScale
from evaluations.repository import consolidated, roster, sources, stale_marks, stored_scores
from evaluations.repository.consolidated import ConsolidatedGrade, ConsolidatedSection, SectionSummary
from evaluations.repository.stale_marks import WHOLE_SECTION, StaleMark
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ALGORITHM = 3  # of domain.consolidation, means and points; raise it to have every grade computed again
_log = get_logger(__name__)


@dataclass(frozen=True)
class SectionResult:
    """What consolidating a section did: grades ``written`` are those that changed, ``left`` those others got first."""

    students: int
    evaluations: int
    written: int
    left: int


@dataclass(frozen=True)
class _Computation:
    """One computation of a section and term: what stood before, what it is computed from, and since when that holds.

    ``marks`` are those it clears if nobody was faster.
    """

    term_id: str
    section_id: str
    before: ConsolidatedSection
    marks: tuple[StaleMark, ...]
    evaluations: list[Evaluation]
    as_of: datetime
    scale: GradingScale
    policy: GradingPolicy | None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def grade_of(self, student_id: str, scores: Mapping[str, Score]) -> ConsolidatedGrade:
        """The student's grade from the scores by evaluation id."""
        return ConsolidatedGrade(
            term_id=self.term_id,
            section_id=self.section_id,
            student_id=student_id,
            grade=consolidate(self.scale, self.evaluations, scores, self.policy),
            as_of=self.as_of,
            computation=self.token,
            source_digest=_digest(
                [e.evaluation_id, e.version, getattr(scores.get(e.evaluation_id), "version", 0)]
                for e in self.evaluations
            ),
            rules_digest=rules_digest(self.scale, self.policy),
        )

    def summary(self) -> SectionSummary:
        """What there is to say of the section as a whole."""
        nobodys = consolidate(self.scale, self.evaluations, {}, self.policy)
        return SectionSummary(
            term_id=self.term_id,
            section_id=self.section_id,
            evaluation_ids=tuple(evaluation.evaluation_id for evaluation in self.evaluations),
            evaluations=nobodys.evaluations,
            weight_total=nobodys.weight_total,
            as_of=self.as_of,
            computation=self.token,
            rules_digest=rules_digest(self.scale, self.policy),
        )

    def needs_writing(self, grade: ConsolidatedGrade) -> bool:
        """Whether it says anything new, or a mark about it is to be cleared.

        Without evaluations and marks nothing is said of a student that was not said before.
        """
        if any(mark.student_id in {None, grade.student_id} for mark in self.marks):
            return True
        before = self.before.grades.get(grade.student_id)
        return not grade.same_as(before) and (before is not None or bool(self.evaluations))


def consolidate_section(*, term_id: str, section_id: str) -> SectionResult:
    """Compute the grade of every student of a section in a term, and write those that changed. Idempotent.

    One query for each evaluation and seven or eight calls beside them, whatever the number of students (up to 99). What
    has no mark is written only if it changed; after a change of the section itself, every grade is.

    Raises:
        StoreUnavailableError: the table is busy; what was written stands, and doing it again is safe.
    """
    marks = stale_marks.list_stale(term_id, section_id)
    before = consolidated.get_section(term_id, section_id)
    computation = _started(term_id, section_id, before, marks, cleared=marks)
    scores = _scores_by_student(section_id, computation.evaluations, before.grades)
    computed = [computation.grade_of(student_id, held) for student_id, held in sorted(scores.items())]
    changed = [grade for grade in computed if computation.needs_writing(grade)]
    lost = _write(computation, changed, with_summary=True)
    # the section's own mark speaks of every student: it goes when every grade is this computation's
    _clear(mark for mark in computation.marks if not lost or (mark.student_id and mark.student_id not in lost))
    written = len(changed) - len(lost - {WHOLE_SECTION})
    return SectionResult(len(scores), len(computation.evaluations), written, len(lost))


def refresh_student(*, term_id: str, section_id: str, student_id: str) -> bool:
    """Compute one student's grade of a section and term: seven calls. Raises like ``consolidate_section``.

    A mark of the whole section stays: it speaks of the others too. Returns whether the grade that stands is this one;
    ``False`` when others computed it at the same time.
    """
    place = (term_id, section_id)
    marks = stale_marks.list_stale_of_student([place], student_id)
    before = consolidated.get_of_student([place], student_id)[place]
    computation = _started(term_id, section_id, before, marks, cleared=[m for m in marks if m.student_id == student_id])
    held = stored_scores.get_scores([(evaluation.evaluation_id, student_id) for evaluation in computation.evaluations])
    grade = computation.grade_of(student_id, {score.evaluation_id: score for score in held})
    changed = [grade] if computation.needs_writing(grade) else []
    lost = _write(computation, changed, with_summary=False)
    if not lost:
        _clear(computation.marks)
    return not lost


def rules_digest(scale: GradingScale, policy: GradingPolicy | None = None) -> str:
    """What decides a grade beside the scores: the term's scale, its policy if it has one, and our way of computing."""
    return _digest([_ALGORITHM, *(to_attributes(rules) for rules in (scale, policy) if rules)])


def _started(
    term_id: str,
    section_id: str,
    before: ConsolidatedSection,
    marks: Iterable[StaleMark],
    *,
    cleared: Iterable[StaleMark],
) -> _Computation:
    """Read the evaluations; ``before`` and ``marks`` were read already, in any case before the sources."""
    as_of, scale, policy = clock.now(), school_cache.get_scale(term_id), school_cache.get_policy(term_id)
    known = {found for mark in marks for found in mark.evaluation_ids}
    known |= set(before.summary.evaluation_ids if before.summary else ())
    evaluations = sources.list_evaluations(term_id, section_id, known=known)
    return _Computation(term_id, section_id, before, tuple(cleared), evaluations, as_of, scale, policy)


def _scores_by_student(
    section_id: str, evaluations: Iterable[Evaluation], graded: Iterable[str]
) -> dict[str, dict[str, Score]]:
    """The scores by student and evaluation: of everybody enrolled, and of who has scores or was ``graded`` before."""
    found: dict[str, dict[str, Score]] = {e.student_id: {} for e in roster.list_enrolments(section_id, consistent=True)}
    found |= {student_id: {} for student_id in graded if student_id not in found}
    for evaluation in evaluations:
        for score in stored_scores.list_scores(evaluation.evaluation_id):
            found.setdefault(score.student_id, {})[score.evaluation_id] = score
    return found


def _write(computation: _Computation, changed: Iterable[ConsolidatedGrade], *, with_summary: bool) -> set[str]:
    """Write the grades, and then the summary. Returns the names of those that others had computed first."""
    before = computation.before
    actions: dict[str, Callable[[Transaction], None]] = {
        grade.student_id: partial(consolidated.put_grade, grade=grade, replaces=before.grades.get(grade.student_id))
        for grade in changed
    }
    if with_summary:
        actions[WHOLE_SECTION] = partial(
            consolidated.put_summary, summary=computation.summary(), replaces=before.summary
        )
    return set(commit_what_holds(actions, lambda transaction, name: actions[name](transaction)))


def _clear(marks: Iterable[StaleMark]) -> None:
    """Clear the marks that no write has renewed since."""
    named = {mark.student_id or WHOLE_SECTION: mark for mark in marks}
    try:
        commit_what_holds(named, lambda transaction, name: stale_marks.clear_stale(transaction, named[name]))
    except TransactionConflictError:
        _log.info("marks left to the next reader")  # a teacher is writing; a mark too many costs one refresh


def _digest(parts: Iterable[object]) -> str:
    text = json.dumps(list(parts), sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
