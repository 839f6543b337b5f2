"""Recording a whole section at once: each row has its own outcome, and its own explanation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import MAX_ACTIONS
from edu.errors import ConflictError, LibretaError, NotFoundError
from edu.identity.principal import Principal
from edu.pseudonyms import pseudonyms_of
from evaluations.domain.evaluation import Evaluation, Score, ScoreContent, ScoreState
from evaluations.errors import (
    AlreadyRecordedError,
    ClosedTermError,
    EvaluationCancelledError,
    NotAssignedError,
    NotEnrolledError,
)
from evaluations.repository import roster, stored_evaluations, stored_scores
from evaluations.repository.stored_evaluations import StoredEvaluation
from evaluations.services import inputs
from evaluations.services.grading import access, changes, correcting
from evaluations.services.grading.access import Permit
from evaluations.services.grading.changes import ACTIONS_PER_SCORE, ScoreChange, Writer
from evaluations.services.grading.correcting import Correction
from evaluations.services.grading.score_values import checked_result, first_score
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school.term_locking import TeachersMovedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edu.idempotency import Reply
    from evaluations.repository.stored_scores import StoredScore

MAX_ROWS = 100
_MAX_MESSAGE_CHARS = 200  # some repeat what was sent; the answer is stored as one item
_ROWS_PER_TRANSACTION = (MAX_ACTIONS - 2) // ACTIONS_PER_SCORE  # beside the term's lock and the evaluation's mark


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Row:
    """One student's result. ``version`` is the one it corrects; ``None`` for a first score. ``reason`` may be empty."""

    student_id: str
    state: ScoreState
    value: str | None = field(repr=False)
    version: int | None = None
    late: bool = False
    comment: str | None = field(default=None, repr=False)
    reason: str = ""


@dataclass(frozen=True)
class RowResult:
    """A row's outcome with the score that stands now, if any; ``error`` says why a rejected row was."""

    student_id: str
    outcome: RowOutcome
    score: Score | None = None
    error: LibretaError | None = None


def record_section(
    *, actor: Principal, evaluation_id: str, rows: Sequence[Row], reply: Reply[list[RowResult]] | None = None
) -> list[RowResult]:
    """Record or correct up to 100 students' scores (each student once); returns a result for each row, in order.

    Four calls to the table before the first write, whatever the number of rows, and a fifth where the students' keys
    are not remembered; then a transaction for each 19 of them. A row that cannot be written is left out with its
    reason, and the others are written without it. The same request sent again after a crash or a 503 goes on where it
    stopped and answers as if nothing had happened; if the actor may not write any more, it answers with what was
    written and rejects the rest. An administrator who grades for an absent teacher says why in each row.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the actor does not teach its section, and the school lets no administrator grade for who does.
        EvaluationCancelledError: the evaluation is cancelled.
        ClosedTermError: the term is closed. (Closed while rows are being written, it rejects those that remain.)
        ConflictError: the evaluation was deleted or changed at this moment.
        StoreUnavailableError: the table is busy; some rows may be written. Sending the same again completes them.
        IdempotentReplay: the same request was answered before.
    """
    stored = stored_evaluations.get_stored(evaluation_id)
    permit = _permit_or_refusal(actor, stored.evaluation)
    if not isinstance(permit, Permit) and not (reply and reply.key.is_claimed()):
        raise permit
    if reply and isinstance(permit, Permit):
        reply.key.claim()
    entry = _Entry(
        actor,
        stored,
        permit,
        enrolled=frozenset(e.student_id for e in roster.list_enrolments(stored.evaluation.section_id, consistent=True)),
        request=reply.key.fingerprint if reply else "",
    )
    results = entry.write(rows, stored_scores.list_stored(evaluation_id))
    if reply:
        reply.finish(results)
    return results


def _permit_or_refusal(actor: Principal, evaluation: Evaluation) -> Permit | LibretaError:
    try:
        place = {"section_id": evaluation.section_id, "term_id": evaluation.term_id}
        permit = access.require_section_grader(actor, **place)
    except (NotAssignedError, ClosedTermError) as error:
        return error
    return EvaluationCancelledError() if evaluation.cancelled else permit


@dataclass
class _Entry:
    """The work on one request's rows. With a refusal for a permit none is written: what the request wrote is told."""

    actor: Principal
    of: StoredEvaluation
    permit: Permit | LibretaError
    enrolled: frozenset[str]
    request: str
    results: dict[str, RowResult] = field(default_factory=dict)

    def write(self, rows: Sequence[Row], standing: Mapping[str, StoredScore]) -> list[RowResult]:
        planned, judged_by = [], self.permit
        for row in rows:
            change = self._plan(row, standing.get(row.student_id))
            if change:
                planned.append((row, change))
        if not isinstance(self.permit, Permit) and not self._has_written():
            raise self.permit
        pseudonyms_of(row.student_id for row, _ in planned)  # from here on each one's key is remembered
        for start in range(0, len(planned), _ROWS_PER_TRANSACTION):
            together = planned[start : start + _ROWS_PER_TRANSACTION]
            if not isinstance(self.permit, Permit):
                self._stop(together, self.permit)
            else:
                self._write_together(together if self.permit is judged_by else self._planned_again(together))
        return [self.results[row.student_id] for row in rows]

    def _plan(self, row: Row, stored: StoredScore | None) -> ScoreChange | None:
        """What is to be written for the row; ``None`` when its result stands already."""
        if not isinstance(self.permit, Permit):
            self._tell(row, stored, self.permit)
            return None
        try:
            inputs.checked_reason(row.reason)
            if row.student_id not in self.enrolled:
                raise NotEnrolledError
            if stored is None:
                return self._first(row)
            return self._next(row, stored)
        except LibretaError as error:
            self._reject(row, error, stored.score if stored else None)
        return None

    def _first(self, row: Row) -> ScoreChange:
        if row.version is not None:
            raise NotFoundError
        score = first_score(
            self.of.evaluation,
            student_id=row.student_id,
            state=row.state,
            value=row.value,
            late=row.late,
            comment=row.comment,
            actor=self.actor,
        )
        self._require_explained(row)
        return ScoreChange(score, "recorded", reason=row.reason, request=self.request)

    def _next(self, row: Row, stored: StoredScore) -> ScoreChange | None:
        score = stored.score
        result = checked_result(
            state=row.state, value=row.value, late=row.late, comment=row.comment, term_id=score.term_id
        )
        if ScoreContent.of(score) == result:
            self._note_standing(row, stored)
            return None
        if row.version is None:
            raise AlreadyRecordedError
        if row.version != score.version:
            raise correcting.version_conflict(score, Correction(result, row.version, row.reason, ""))
        if score.state is ScoreState.VOID and not row.reason:
            raise inputs.missing_reason()
        self._require_explained(row)
        after = score.corrected(result, by=self.actor.subject, at=clock.now())
        return ScoreChange(after, "corrected", before=stored, reason=row.reason, request=self.request)

    def _require_explained(self, row: Row) -> None:
        if isinstance(self.permit, Permit) and self.permit.needs_reason and not row.reason:
            raise inputs.missing_reason()

    def _tell(self, row: Row, stored: StoredScore | None, refusal: LibretaError) -> None:
        """What the request wrote is the actor's to know; what stands besides, only of a section of one's own."""
        if stored and stored.request == self.request:
            self._note_standing(row, stored)
        else:
            own = not isinstance(refusal, NotAssignedError)
            self._reject(row, refusal, stored.score if stored and own else None)

    def _note_standing(self, row: Row, stored: StoredScore) -> None:
        """The score says what the row says: it did before, or this same request wrote it before it was interrupted."""
        outcome = RowOutcome.UNCHANGED
        if self.request and stored.request == self.request:
            outcome = RowOutcome.CREATED if stored.score.version == 1 else RowOutcome.UPDATED
        self.results[row.student_id] = RowResult(row.student_id, outcome, stored.score)

    def _reject(self, row: Row, error: LibretaError, score: Score | None) -> None:
        self.results[row.student_id] = RowResult(row.student_id, RowOutcome.REJECTED, score, error)

    def _write_together(self, planned: list[tuple[Row, ScoreChange]]) -> None:
        """Write the rows in one transaction, each time without those that fail, until the rest stands.

        When the section's teachers were changed meanwhile, the writer and the rows are judged again, once.
        """
        moved = False
        while planned and isinstance(self.permit, Permit):
            unit = UnitOfWork(self.permit.lock)
            if not self.of.has_scores:
                stored_evaluations.mark_scored(unit.transaction, self.of.evaluation, otherwise=ConflictError)
            for _, change in planned:
                changes.add_score_change(unit.transaction, change, Writer.by(self.actor, self.permit))
            try:
                unit.commit()
            except ConditionFailedError as error:
                planned = self._without_failed(planned, error)
            except ClosedTermError as error:
                self._stop(planned, error)
            except TeachersMovedError:
                if moved:
                    raise
                moved, planned = True, self._judged_again(planned)
            else:
                self._note_written(planned)
                return

    def _judged_again(self, planned: list[tuple[Row, ScoreChange]]) -> list[tuple[Row, ScoreChange]]:
        """The rows that the actor may still write; none when they may no more."""
        permit = _permit_or_refusal(self.actor, self.of.evaluation)
        if isinstance(permit, Permit):
            self.permit = permit
            return self._planned_again(planned)
        self._stop(planned, permit)
        return []

    def _planned_again(self, planned: list[tuple[Row, ScoreChange]]) -> list[tuple[Row, ScoreChange]]:
        """The rows as the permit that holds now lets them be written: somebody may act as something else by now."""
        again = [(row, self._plan(row, change.before)) for row, change in planned]
        return [(row, change) for row, change in again if change]

    def _has_written(self) -> bool:
        return any(result.outcome in {RowOutcome.CREATED, RowOutcome.UPDATED} for result in self.results.values())

    def _note_written(self, planned: list[tuple[Row, ScoreChange]]) -> None:
        for row, change in planned:
            outcome = RowOutcome.UPDATED if change.before else RowOutcome.CREATED
            self.results[row.student_id] = RowResult(row.student_id, outcome, change.after)

    def _without_failed(
        self, planned: list[tuple[Row, ScoreChange]], error: ConditionFailedError
    ) -> list[tuple[Row, ScoreChange]]:
        """The rows whose scores are still what they were; the others are judged again by what was found."""
        if not error.failed.keys() & {row.student_id for row, _ in planned}:
            raise ConflictError from error
        remaining = []
        for row, change in planned:
            found = error.failed.get(row.student_id)
            again = self._plan(row, stored_scores.stored_of(found)) if found else change
            if again:
                remaining.append((row, again))
        return remaining

    def _stop(self, planned: list[tuple[Row, ScoreChange]], error: LibretaError) -> None:
        """Write nothing more: these rows and those that follow are rejected."""
        if not self._has_written():
            raise error
        self.permit = error
        for row, change in planned:
            self._tell(row, change.before, error)


def problem_of(error: LibretaError) -> dict[str, Any]:
    """Why a row was rejected: the error's code, the field and the rule of its first, and a text for people."""
    broken = error.fields[0] if error.fields else None
    said: dict[str, Any] = {
        "code": error.code,
        "field": broken.field if broken else None,
        "rule": broken.rule if broken else error.code,
        "message": _sendable(broken.message if broken else error.title),
    }
    if "current" in error.members:  # without its comment, which the row tells: an answer is stored as one item
        said["current"] = {name: part for name, part in error.members["current"].items() if name != "comment"}
    return said


def _sendable(message: object) -> str:
    """A text that may repeat what was sent: short, and without what no UTF-8 can carry (half a surrogate pair)."""
    return str(message)[:_MAX_MESSAGE_CHARS].encode(errors="replace").decode()
