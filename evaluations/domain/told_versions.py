"""The number under which the government is told of a grade: one content for each number, and a later one is larger.

What it is told of a score depends on the score's version and on whether the score's evaluation is cancelled. Both only
ever go forward, so the number is made of both. Of an evaluation that was never cancelled it is the score's version.
"""

from __future__ import annotations

from typing import NamedTuple

from evaluations.domain.checks import MAX_VERSION

_STEP = MAX_VERSION + 1


class ToldVersion(NamedTuple):
    """How often the evaluation had been cancelled or reinstated, and the score's version: compared in this order."""

    standing_changes: int
    score_version: int

    @property
    def number(self) -> int:
        """Both in one number of at most twelve digits."""
        return self.standing_changes * _STEP + self.score_version

    @classmethod
    def of_number(cls, number: int) -> ToldVersion:
        """What a number was made of."""
        return cls(*divmod(number, _STEP))
