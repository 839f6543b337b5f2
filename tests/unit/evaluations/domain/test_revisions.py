"""A score's history and what can be rebuilt from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.domain.evaluation import EvaluationKind, Score, ScoreState
from evaluations.domain.revisions import Result, Revision, rebuild

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
RESULTS = st.lists(
    st.one_of(
        st.builds(
            Result, state=st.just(ScoreState.RECORDED), value=st.sampled_from(["1.0", "4.0", "7.0"]), late=st.booleans()
        ),
        st.builds(Result, state=st.sampled_from([s for s in ScoreState if s is not ScoreState.RECORDED])),
    ),
    max_size=12,
)


def history_of(results: list[Result]) -> list[Revision]:
    scores = [FIRST]
    for result in results:
        last = scores[-1]
        at = last.recorded_at + timedelta(minutes=1)
        scores.append(
            replace(
                last, state=result.state, value=result.value, late=result.late, version=last.version + 1, recorded_at=at
            )
        )
    befores = [None, *map(Result.of, scores)]
    return [
        Revision(score=score, before=before, actor="teacher", role="teacher")
        for score, before in zip(scores, befores, strict=False)
    ]


@given(results=RESULTS, data=st.data())
def test_any_order_rebuilds_the_last_version(results: list[Result], data: st.DataObject) -> None:
    revisions = history_of(results)
    assert rebuild(data.draw(st.permutations(revisions))) == revisions[-1].score


@given(results=RESULTS.filter(lambda results: len(results) > 1), data=st.data())
def test_missing_or_changed_revision_is_noticed(results: list[Result], data: st.DataObject) -> None:
    revisions = history_of(results)
    position = data.draw(st.integers(1, len(revisions) - 2))
    with pytest.raises(ValueError, match="history"):
        rebuild(revisions[:position] + revisions[position + 1 :])
    with pytest.raises(ValueError, match="history"):
        rebuild([*revisions, revisions[position]])
    other = "2.0" if revisions[position].score.value != "2.0" else "3.0"
    forged = replace(revisions[position], score=replace(FIRST, version=position + 1, value=other))
    with pytest.raises(ValueError, match="history"):
        rebuild([*revisions[:position], forged, *revisions[position + 1 :]])


def test_no_history_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        rebuild([])


@pytest.mark.parametrize("reason", ["x" * 201, "a\nb", " x", "x ", "a\u202eb"])
def test_reason_is_one_short_printable_line(reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        Revision(score=FIRST, actor="teacher", role="teacher", reason=reason)


def test_values_stay_out_of_repr() -> None:
    revision = Revision(score=FIRST, before=Result.of(FIRST), actor="teacher", role="teacher")
    assert "6.5" not in repr(revision)
