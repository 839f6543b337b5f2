"""Bringing in an evaluation with the scores it already has (from another system, or made up)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import MAX_ACTIONS
from edu.errors import ConflictError, FieldError, InvalidInputError, LibretaError
from edu.pseudonyms import pseudonyms_of
from evaluations.domain.evaluation import WEIGHT_DECIMALS, ScoreContent
from evaluations.errors import EvaluationCancelledError
from evaluations.repository import roster, school_profile, stored_evaluations, stored_scores, term_locks
from evaluations.services import inputs
from evaluations.services.grading import changes
from evaluations.services.grading.changes import ACTIONS_PER_SCORE, EvaluationChange, ScoreChange, Writer
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import term_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edu.identity.principal import Principal
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import School
    from evaluations.repository.school_profile import SchoolProfile
    from evaluations.repository.stored_evaluations import StoredEvaluation
    from evaluations.repository.stored_scores import StoredScore

_SCORES_PER_TRANSACTION = (MAX_ACTIONS - 1) // ACTIONS_PER_SCORE
_PLACE = ("section_id", "course_id", "term_id", "kind", "purpose")


class _ThereAlreadyError(ConflictError):
    """The evaluation stands where it is to stand: importing twice is importing once."""

    def __init__(self, standing: Evaluation) -> None:
        """``standing`` is the evaluation as it is here."""
        super().__init__()
        self.standing = standing


@dataclass(frozen=True)
class ImportedScores:
    """What became of an evaluation's scores, by student id in the order given.

    ``created`` are new. The others stood already: they say the ``same``, or something ``different``, which stays as it
    is here for people to decide.
    """

    created: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()


def import_evaluation(*, actor: Principal, evaluation: Evaluation, scores: Iterable[Score]) -> ImportedScores:
    """Write an evaluation with its scores as they are: ids, instants and all.

    Each write carries its audit entry and its mark for the government, as if recorded one by one; the evaluation notes
    the term's scale. Idempotent: what is there already stays as it is. Four calls to the table before the first write.

    Raises:
        InvalidInputError: the evaluation is of a term, school year or course that is not the school's or its section's,
            or stands already in another place; its weight has more than two decimals, which nothing would show; or a
            score (``scores[<index>].<field>``) is not the evaluation's, not on the term's scale as the scale writes it,
            given twice, or new and of a student who is not in the section. Nothing was written.
        NotFoundError: no such section in this school.
        EvaluationCancelledError: the evaluation is cancelled here, or is given as one that was once.
        ConflictError: the evaluation was deleted here, or is of another kind by now, or the school's record was changed
            at this moment.
        StoreUnavailableError: the table is throttled; run it again.
    """
    if evaluation.standing_changes is not None:
        raise EvaluationCancelledError
    profile, given = school_profile.get_profile(), list(scores)
    evaluation = _checked_evaluation(profile.school, evaluation)
    standing = stored_scores.list_stored(evaluation.evaluation_id)
    enrolled = {enrolment.student_id for enrolment in roster.list_enrolments(evaluation.section_id, consistent=True)}
    scale = profile.school.scale_in(evaluation.term_id)
    broken = list(_broken_rules(evaluation, given, scale, may_be_given=enrolled | standing.keys()))
    if broken:
        raise InvalidInputError(fields=broken)
    here = _add_if_new(evaluation, profile, actor)
    new = [score for score in given if score.student_id not in standing]
    for start in range(0, len(new), _SCORES_PER_TRANSACTION):
        standing |= _write_scores(here, new[start : start + _SCORES_PER_TRANSACTION], actor)
    return _result(given, standing)


def _checked_evaluation(school: School, evaluation: Evaluation) -> Evaluation:
    """The evaluation with the scale it is on."""
    term = next((term for term in school.terms if term.term_id == evaluation.term_id), None)
    if term is None:
        raise InvalidInputError(fields=[FieldError("term_id", "exists", _("This school has no such term"))])
    section = roster.get_section(evaluation.section_id)
    term_rules.require_year_of(term, section)
    if evaluation.course_id != section.course_id:
        message = _("It is not the course of the section")
        raise InvalidInputError(fields=[FieldError("course_id", "of_section", message)])
    if evaluation.weight != round(evaluation.weight, WEIGHT_DECIMALS):
        raise InvalidInputError(fields=[FieldError("weight", "decimals", inputs.WEIGHT)])
    scale_id = school.scale_in(evaluation.term_id).scale_id
    if evaluation.scale_id not in {None, scale_id}:
        raise InvalidInputError(fields=[FieldError("scale_id", "of_term", _("The term is on another grading scale"))])
    return replace(evaluation, scale_id=scale_id)


def _broken_rules(
    evaluation: Evaluation, scores: Iterable[Score], scale: GradingScale, *, may_be_given: set[str]
) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, score in enumerate(scores):
        row = f"scores[{index}]"
        for name in ("evaluation_id", *_PLACE):
            if getattr(score, name) != getattr(evaluation, name):
                yield FieldError(f"{row}.{name}", "of_evaluation", _("It is not the evaluation's"))
        if score.value is not None and not _is_canonical(scale, score.value):
            message = _("The value is outside the school's grading scale")
            yield FieldError(f"{row}.value", "on_scale", message)
        if score.student_id in seen:
            yield FieldError(f"{row}.student_id", "duplicate_student", _("A student may have only one row"))
        elif score.student_id not in may_be_given:
            yield FieldError(f"{row}.student_id", "enrolled", _("The student is not enrolled in this section"))
        seen.add(score.student_id)


def _is_canonical(scale: GradingScale, value: str) -> bool:
    try:
        return scale.canonical(scale.parse(value)) == value
    except ValueError:
        return False


def _add_if_new(evaluation: Evaluation, profile: SchoolProfile, actor: Principal) -> Evaluation:
    """The evaluation as it then is here, cancelled and reinstated perhaps."""
    unit = UnitOfWork()
    change = EvaluationChange(evaluation, "imported")
    changes.add_evaluation_change(
        unit.transaction, change, Writer(actor), otherwise=lambda standing: _refusal(evaluation, standing)
    )
    # whose scale the scores were judged by
    school_profile.require_profile(unit.transaction, profile, otherwise=ConflictError)
    term_locks.mark_used(unit.transaction, evaluation.term_id)
    try:
        unit.commit()
    except _ThereAlreadyError as there:
        return there.standing
    return evaluation


def _refusal(evaluation: Evaluation, standing: StoredEvaluation | None) -> LibretaError:
    """Why an imported evaluation is not new; of one that stands in the same place, that there is nothing to do."""
    if standing is None:
        return ConflictError()  # deleted here
    message = _("The evaluation stands already with another one")
    broken = [name for name in _PLACE if getattr(standing.evaluation, name) != getattr(evaluation, name)]
    if broken:
        return InvalidInputError(fields=[FieldError(name, "standing", message) for name in broken])
    if standing.evaluation.cancelled:
        return EvaluationCancelledError()
    return _ThereAlreadyError(standing.evaluation)


def _write_scores(evaluation: Evaluation, scores: list[Score], actor: Principal) -> dict[str, StoredScore]:
    """Write the scores in one transaction, without those that somebody else recorded first, which it returns."""
    pseudonyms_of(score.student_id for score in scores)  # from here on each one's key is remembered
    first: dict[str, StoredScore] = {}
    while remaining := [score for score in scores if score.student_id not in first]:
        unit = UnitOfWork()
        stored_evaluations.mark_scored(unit.transaction, evaluation, otherwise=ConflictError)
        for score in remaining:
            changes.add_score_change(unit.transaction, ScoreChange(score, "imported"), Writer(actor))
        try:
            unit.commit()
        except ConditionFailedError as error:
            found = [error.failed.get(score.student_id) for score in remaining]
            lost = [stored_scores.stored_of(item) for item in found if item]
            if not lost:
                raise
            first |= {stored.score.student_id: stored for stored in lost}
        else:
            break
    return first


def _result(given: Iterable[Score], standing: Mapping[str, StoredScore]) -> ImportedScores:
    created: list[str] = []
    same: list[str] = []
    different: list[str] = []
    for score in given:
        stored = standing.get(score.student_id)
        if stored is None:
            created.append(score.student_id)
        else:
            (same if ScoreContent.of(stored.score) == ScoreContent.of(score) else different).append(score.student_id)
    return ImportedScores(tuple(created), tuple(same), tuple(different))
