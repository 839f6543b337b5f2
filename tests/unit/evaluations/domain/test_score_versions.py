"""A score's history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from evaluations.domain.evaluation import EvaluationKind, Score, ScoreContent, ScoreState
from evaluations.domain.score_versions import ScoreVersion

FIRST = Score(
    evaluation_id="e1",
    student_id="s1",
    section_id="sec",
    course_id="c1",
    term_id="t1",
    kind=EvaluationKind.EXAM,
    state=ScoreState.RECORDED,
    value="6.5",
    version=1,
    recorded_by="teacher",
    recorded_at=datetime(2026, 4, 1, tzinfo=UTC),
)


def test_revision_says_what_its_score_says() -> None:
    late = replace(FIRST, value="5.0", late=True, version=2)
    version = ScoreVersion(score=late, before=ScoreContent.of(FIRST), actor="teacher", role="teacher")
    assert version.before == ScoreContent(state=ScoreState.RECORDED, value="6.5")
    assert version.after == ScoreContent(state=ScoreState.RECORDED, value="5.0", late=True)
    assert (version.number, version.at) == (2, late.recorded_at)


@pytest.mark.parametrize("reason", ["x" * 201, "a\nb", " x", "x ", "a\u202eb"])
def test_reason_is_one_short_printable_line(reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        ScoreVersion(score=FIRST, actor="teacher", role="teacher", reason=reason)


def test_values_stay_out_of_repr() -> None:
    version = ScoreVersion(score=FIRST, before=ScoreContent.of(FIRST), actor="teacher", role="teacher")
    assert "6.5" not in repr(version)
