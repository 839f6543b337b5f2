"""The history of an evaluation: each version of it, with who set it so, what it replaced, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from evaluations.domain.checks import check_reason, check_utc
from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose
from evaluations.domain.teaching import Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationContent:
    """What of an evaluation can be changed; ``weight`` in percent. ``purpose`` is ``None`` for a summative one."""

    kind: EvaluationKind
    title: str
    weight: Decimal
    held_on: date
    purpose: EvaluationPurpose | None = None
    cancelled: bool = False

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """What this evaluation says."""
        return cls(
            kind=evaluation.kind,
            title=evaluation.title,
            weight=evaluation.weight,
            held_on=evaluation.held_on,
            purpose=evaluation.purpose,
            cancelled=evaluation.cancelled,
        )

    @property
    def stated_purpose(self) -> EvaluationPurpose:
        """What it is for, said also where it is summative."""
        return self.purpose or EvaluationPurpose.SUMMATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationVersion:
    """One version of an evaluation: the whole of it as ``actor`` (an account's id, with its role then) left it.

    ``person_id`` is who that account was in the school then; empty for who is nobody there, and in records from before
    it was kept. ``before`` is what the version before said, ``None`` for the first. ``reason`` may be empty where none
    is asked for. ``capacity``: as what that person acted in the section, and ``section_teacher_id`` whose it was then;
    ``None`` of imports, and from before it was kept.
    """

    evaluation: Evaluation
    before: EvaluationContent | None = None
    actor: str
    role: str
    at: datetime
    reason: str = ""
    person_id: str = ""
    capacity: Capacity | None = None
    section_teacher_id: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a reason that is no short line or a naive time."""
        check_reason(self.reason)
        check_utc("at", self.at)

    @property
    def number(self) -> int:
        """Which version it is; the first is 1."""
        return self.evaluation.version

    @property
    def after(self) -> EvaluationContent:
        """What the evaluation says since."""
        return EvaluationContent.of(self.evaluation)
