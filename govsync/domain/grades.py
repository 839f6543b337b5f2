"""A grade as the government sees it, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field

GradeKey = tuple[str, str, int]
# How the reason begins of what people decided not to send.
SKIPPED = "skipped: "


@dataclass(frozen=True, order=True)
class SubmittedGrade:
    """One student's result in one evaluation, at one version, as it is sent; ``value`` only with state ``recorded``.

    The value stays out of ``repr``: a child's grade does not belong in a log.
    """

    evaluation_id: str
    student_id: str
    version: int
    course_id: str
    state: str
    value: str | None = field(default=None, repr=False)

    @property
    def key(self) -> GradeKey:
        """What names this grade at this version."""
        return (self.evaluation_id, self.student_id, self.version)


@dataclass(frozen=True)
class RejectedGrade:
    """A grade, at one version, that the government will never take as it is; ``reason`` is its code for why."""

    evaluation_id: str
    student_id: str
    version: int
    reason: str
    batch_number: int

    @property
    def is_skipped(self) -> bool:
        """Whether people decided that it is not sent: at this version no later run sends it either."""
        return self.reason.startswith(SKIPPED)

    @property
    def key(self) -> GradeKey:
        """What names the grade at this version."""
        return (self.evaluation_id, self.student_id, self.version)
