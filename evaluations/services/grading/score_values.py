"""Grades as a term's scale writes them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.errors import FieldError
from evaluations.domain.evaluation import Evaluation, Score, ScoreContent, ScoreState
from evaluations.domain.scales import NumberRange
from evaluations.errors import InvalidScoreError
from evaluations.services import inputs
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from evaluations.domain.scales import GradingScale

_WITH_COMMA = re.compile(r"-?[0-9]{1,4},[0-9]{1,4}", re.ASCII)


def canonical_value(state: ScoreState, value: str | None, term_id: str) -> str | None:
    """The value as the term's scale writes it; ``None`` when the state is not ``recorded``.

    Raises:
        InvalidScoreError: the value is not on the scale, or there without ``recorded``, or the state is ``void``,
            which a score gets by being voided and in no other way.
    """
    if state is ScoreState.VOID:
        raise InvalidScoreError(fields=[FieldError("state", "void", _("A score is voided by a request of its own"))])
    if state is not ScoreState.RECORDED:
        if value is not None:
            raise InvalidScoreError(fields=[FieldError("value", "no_value", _("Only a recorded score has a value"))])
        return None
    if value is None:
        raise InvalidScoreError(fields=[FieldError("value", "required", _("A recorded score needs a value"))])
    scale = school_cache.get_scale(term_id)
    try:
        return scale.canonical(scale.parse(value))
    except ValueError as error:
        raise InvalidScoreError(fields=[FieldError("value", str(error), _what_fits(scale, value))]) from error


def _what_fits(scale: GradingScale, refused: str) -> str:
    """What the scale takes, for whoever sent something else."""
    match scale.choices:
        case tuple() as words:
            return gettext("It must be one of these: %(letters)s") % {"letters": ", ".join(words)}
        case NumberRange() if _WITH_COMMA.fullmatch(refused):
            return gettext("Use a decimal point: %(number)s") % {"number": refused.replace(",", ".")}
        case NumberRange() as numbers:
            plain = {name: f"{number.normalize():f}" for name, number in asdict(numbers).items()}
            return gettext("It must be between %(minimum)s and %(maximum)s, in steps of %(step)s") % plain


def checked_result(
    *, state: ScoreState, value: str | None, late: bool, term_id: str, comment: str | None = None
) -> ScoreContent:
    """What a score is to say, its value as the term's scale writes it. An empty comment is none.

    Raises:
        InvalidScoreError: see ``canonical_value``; also when it is ``late`` without ``recorded``.
        InvalidInputError: the comment is no line of at most 500 characters.
    """
    canonical = canonical_value(state, value, term_id)
    if late and state is not ScoreState.RECORDED:
        raise InvalidScoreError(fields=[FieldError("late", "not_recorded", _("Only a recorded score may be late"))])
    return ScoreContent(state=state, value=canonical, late=late, comment=inputs.checked_comment(comment))


def first_score(
    evaluation: Evaluation,
    *,
    student_id: str,
    state: ScoreState,
    value: str | None,
    late: bool,
    actor: Principal,
    comment: str | None = None,
) -> Score:
    """A student's first score in an evaluation.

    Raises:
        InvalidScoreError, InvalidInputError: see ``checked_result``; the latter also when the student's id is none.
    """
    result = checked_result(state=state, value=value, late=late, comment=comment, term_id=evaluation.term_id)
    with inputs.domain_rules():
        return evaluation.first_score(
            student_id,
            state=result.state,
            value=result.value,
            late=result.late,
            comment=result.comment,
            by=actor.subject,
            at=clock.now(),
        )
