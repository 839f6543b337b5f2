"""The rule by which a student is called at risk, and how often it is wrong.

Four signals, each with its bound; who shows ``needed`` of them is at risk:

- in ``failing_courses`` courses or more the mean of the term does not pass;
- ``missing_share`` or more of the term's work that counts was never handed in;
- ``absences`` or more events of being absent or late in the term (a day's excuse takes none away);
- the mean of what was held in the last weeks lies ``falling_by`` of the scale, or more, under that of what was before.

The rule is a reason to look, not a verdict: it names signals, and a person decides. Ten absences in a term of ten to
thirteen weeks are about one a week; by five, half of the demo's students show the signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

RECENT: Final = timedelta(weeks=4)
_SIGNALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRiskRule:
    """The bounds. Shares and ``falling_by`` are fractions: 0.1 of a scale from 1 to 7 are 0.6 points."""

    failing_courses: int = 2
    missing_share: float = 0.2
    absences: int = 10
    falling_by: float = 0.1
    needed: int = 2

    def __post_init__(self) -> None:
        """Raise ValueError for a bound that everybody reaches, or nobody can."""
        if not 1 <= self.failing_courses <= 50 or not 1 <= self.absences <= 1000:  # noqa: PLR2004 - said here alone
            raise ValueError("failing_courses or absences: not 1 to 50, and 1 to 1000")
        if not 0 < self.missing_share <= 1 or not 0 < self.falling_by <= 1:
            raise ValueError("missing_share or falling_by: not above 0 and at most 1")
        if not 1 <= self.needed <= _SIGNALS:
            raise ValueError("needed: not 1 to 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How a rule did, beside what is known of each student. A share of nobody is ``None``.

    ``precision``: of those it named, the share that is at risk; ``recall``: of those at risk, the share that it named;
    ``false_alarm_rate``: of those not at risk, the share that it named.
    """

    found: int
    false_alarms: int
    missed: int
    rightly_left: int

    @property
    def precision(self) -> float | None:
        """Of those it named, the share that is at risk."""
        return _share(self.found, self.found + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """Of those at risk, the share that it named."""
        return _share(self.found, self.found + self.missed)

    @property
    def false_alarm_rate(self) -> float | None:
        """Of those not at risk, the share that it named."""
        return _share(self.false_alarms, self.false_alarms + self.rightly_left)


def measure(flagged: Collection[str], at_risk: Collection[str], students: Collection[str]) -> Accuracy:
    """How right it was to name ``flagged`` of these students, of whom ``at_risk`` truly are. Ids of any one sort.

    Raises:
        ValueError: somebody is named who is none of the students.
    """
    named, true, every = frozenset(flagged), frozenset(at_risk), frozenset(students)
    if not (named | true) <= every:
        raise ValueError("somebody is none of the students")
    return Accuracy(
        found=len(named & true),
        false_alarms=len(named - true),
        missed=len(true - named),
        rightly_left=len(every - named - true),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
