"""An evaluation of a section and the score each of its students has in it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from evaluations.domain.checks import check_comment, check_id, check_text, check_utc, check_version
from evaluations.domain.scales import MAX_VALUE_CHARS

_MAX_WEIGHT = 100
WEIGHT_DECIMALS = 2  # at most, of what is taken: so each is shown as it is


class EvaluationKind(StrEnum):
    """What the students were asked to do."""

    EXAM = "exam"
    QUIZ = "quiz"
    HOMEWORK = "homework"
    PROJECT = "project"
    ORAL = "oral"
    PARTICIPATION = "participation"


class EvaluationPurpose(StrEnum):
    """What an evaluation is for: to count, to show the way only (formative), or to add to what the others come to."""

    SUMMATIVE = "summative"
    FORMATIVE = "formative"
    EXTRA_CREDIT = "extra_credit"


class ScoreState(StrEnum):
    """Whether there is a grade, and why not: absent on the day, exempted, work never handed in, or voided later."""

    RECORDED = "recorded"
    ABSENT = "absent"
    EXEMPT = "exempt"
    MISSING = "missing"
    VOID = "void"


def kept_purpose(purpose: EvaluationPurpose) -> EvaluationPurpose | None:
    """A purpose as evaluations and scores keep it: ``None`` for summative."""
    return None if purpose is EvaluationPurpose.SUMMATIVE else purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Something graded in a section; ``weight`` counts relative to those of the term's others.

    ``scale_id`` names the scale its scores are on; evaluations from before scales were noted have none. ``purpose`` is
    ``None`` for a summative one. ``standing_changes`` says how often it was cancelled or reinstated (``None``: never),
    ``standing_changed_at`` when last.
    """

    evaluation_id: str
    section_id: str
    course_id: str
    term_id: str
    kind: EvaluationKind
    title: str
    weight: Decimal
    held_on: date
    version: int
    created_by: str
    created_at: datetime
    scale_id: str | None = None
    purpose: EvaluationPurpose | None = None
    standing_changes: int | None = None
    standing_changed_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for bad ids, kind, title, a weight outside (0, 100], a version below 1 or a naive time."""
        check_id("evaluation_id", self.evaluation_id)
        _check_place(self.section_id, self.course_id, self.term_id, self.kind)
        check_id("created_by", self.created_by)
        if self.scale_id is not None:
            check_id("scale_id", self.scale_id)
        check_text("title", self.title)
        if not self.weight.is_finite() or not 0 < self.weight <= _MAX_WEIGHT:
            raise ValueError("weight: not above 0 and at most 100")
        check_version(self.version)
        check_utc("created_at", self.created_at)
        if self.purpose is EvaluationPurpose.SUMMATIVE:
            raise ValueError("purpose: None says summative")
        if self.standing_changes is not None and self.standing_changes < 1:
            raise ValueError("standing_changes: None says never")
        if (self.standing_changes is None) != (self.standing_changed_at is None):
            raise ValueError("standing_changed_at: there if and only if the standing was changed")
        if self.standing_changed_at is not None:
            check_utc("standing_changed_at", self.standing_changed_at)

    @property
    def cancelled(self) -> bool:
        """Whether it is cancelled now: it then counts for nothing, and takes no scores."""
        return bool((self.standing_changes or 0) % 2)

    @property
    def stated_purpose(self) -> EvaluationPurpose:
        """What it is for, said also where it is summative."""
        return self.purpose or EvaluationPurpose.SUMMATIVE

    def with_other_standing(self, *, at: datetime) -> "Evaluation":
        """Its next version: cancelled if it stands, reinstated if it is cancelled."""
        changes = (self.standing_changes or 0) + 1
        return replace(self, version=self.version + 1, standing_changes=changes, standing_changed_at=at)

    def first_score(
        self,
        student_id: str,
        *,
        state: ScoreState,
        value: str | None,
        late: bool,
        by: str,
        at: datetime,
        comment: str | None = None,
    ) -> "Score":
        """A student's first score in it. Raises ValueError like ``Score``."""
        return Score(
            evaluation_id=self.evaluation_id,
            student_id=student_id,
            section_id=self.section_id,
            course_id=self.course_id,
            term_id=self.term_id,
            kind=self.kind,
            purpose=self.purpose,
            state=state,
            value=value,
            late=late,
            comment=comment,
            version=1,
            recorded_by=by,
            recorded_at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreContent:
    """What a score says: its state, its value when there is one, whether the work was late, and the comment on it.

    ``comment`` is for the student's family to read; ``None``: there is none.
    """

    state: ScoreState
    value: str | None = field(default=None, repr=False)
    late: bool = False
    comment: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, score: "Score") -> "ScoreContent":
        """What this score says."""
        return cls(state=score.state, value=score.value, late=score.late, comment=score.comment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One student's result in one evaluation; ``value`` is the scale's canonical text, there only when recorded.

    ``late``: the recorded work was handed in after its day. ``value`` is what the teacher wrote all the same; being
    late costs what the scale says (``GradingScale.late_penalty``). Section, course, term, kind and purpose repeat the
    evaluation's, so that a score can be listed and graded by itself. ``comment`` is for the family. It and the value
    stay out of ``repr``: what is said of a child does not belong in a log.
    """

    evaluation_id: str
    student_id: str
    section_id: str
    course_id: str
    term_id: str
    kind: EvaluationKind
    purpose: EvaluationPurpose | None = None
    state: ScoreState
    value: str | None = field(default=None, repr=False)
    late: bool = False
    comment: str | None = field(default=None, repr=False)
    version: int
    recorded_by: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        """Raise ValueError for bad ids, kind or state, a value without ``recorded`` or the reverse, or a naive time.

        Late without ``recorded`` is refused too.
        """
        check_id("evaluation_id", self.evaluation_id)
        check_id("student_id", self.student_id)
        _check_place(self.section_id, self.course_id, self.term_id, self.kind)
        check_id("recorded_by", self.recorded_by)
        if not isinstance(self.state, ScoreState):
            raise ValueError("state: not a ScoreState")  # noqa: TRY004 - one error type for every broken invariant
        if (self.value is not None) != (self.state is ScoreState.RECORDED):
            raise ValueError("value: there if and only if the state is recorded")
        if self.value is not None and not 0 < len(self.value) <= MAX_VALUE_CHARS:
            raise ValueError("value: not a canonical grade")
        if self.late and self.state is not ScoreState.RECORDED:
            raise ValueError("late: only a recorded score is late")
        if self.comment is not None:
            check_comment(self.comment)
        check_version(self.version)
        check_utc("recorded_at", self.recorded_at)

    @property
    def stated_purpose(self) -> EvaluationPurpose:
        """What its evaluation is for, said also where that is summative."""
        return self.purpose or EvaluationPurpose.SUMMATIVE

    @property
    def is_told(self) -> bool:
        """Whether the government is told of it: of what only shows the way it is not."""
        return self.purpose is not EvaluationPurpose.FORMATIVE

    def corrected(self, content: ScoreContent, *, by: str, at: datetime) -> "Score":
        """Its next version, which says ``content``. Raises ValueError as a score does."""
        return replace(
            self,
            state=content.state,
            value=content.value,
            late=content.late,
            comment=content.comment,
            version=self.version + 1,
            recorded_by=by,
            recorded_at=at,
        )


def _check_place(section_id: str, course_id: str, term_id: str, kind: EvaluationKind) -> None:
    check_id("section_id", section_id)
    check_id("course_id", course_id)
    check_id("term_id", term_id)
    if not isinstance(kind, EvaluationKind):
        raise ValueError("kind: not an EvaluationKind")  # noqa: TRY004 - one error type for every broken invariant
