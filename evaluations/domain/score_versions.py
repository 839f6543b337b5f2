"""The history of a score: each version of it, with who wrote it, what it replaced, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluations.domain.checks import check_reason
from evaluations.domain.evaluation import Score, ScoreContent
from evaluations.domain.teaching import Capacity

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVersion:
    """One version of a score: the whole score as ``actor`` (an account's id, with its role then) left it.

    ``person_id`` is who that account was in the school then; empty for who is nobody there, and in records from before
    it was kept. ``before`` is what the version before said, ``None`` for a score's first. ``reason`` may be empty where
    none is asked for. ``capacity``: as what that person acted in the section, and ``section_teacher_id`` whose it was
    then; ``None`` of imports, and from before it was kept.
    """

    score: Score
    before: ScoreContent | None = None
    actor: str
    role: str
    reason: str = ""
    person_id: str = ""
    capacity: Capacity | None = None
    section_teacher_id: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a reason that is no short line."""
        check_reason(self.reason)

    @property
    def number(self) -> int:
        """Which version it is; the first is 1."""
        return self.score.version

    @property
    def at(self) -> datetime:
        """When."""
        return self.score.recorded_at

    @property
    def after(self) -> ScoreContent:
        """What the score says since."""
        return ScoreContent.of(self.score)
