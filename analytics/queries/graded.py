"""Scores that count, and what a student's come to in a section and term, as parts of a query (``WITH``).

The same rules as the grade book's: of each evaluation and score the highest version; cancelled and deleted evaluations
count for nothing, nor do formative ones, kinds of weight 0, and void or exempt scores; missing work is the worst grade,
absences are what the policy says, late work loses what the scale says. Extra credit is in no distribution and adds to a
grade as far as the policy lets it. Each table is read once: what an evaluation says comes to its scores by a window.

Rows from before there were evaluations in the lake (schema 1) count with a weight of 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.queries import sources
from analytics.queries.grading_rules import TOLERANCE, points_sql, rules_tables
from analytics.queries.sql import Sql, bind, compose, literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from analytics.lake.snapshots import Snapshot
    from evaluations.domain.school import School, Term

_BOOK = """\
book AS (
 SELECT coalesce(nullif(entity, ''), 'score') AS entity, evaluation_id, student_pseudonym, section_id, course_id,
  term_id, kind, value, state, late, recorded_at_epoch_s, purpose AS own_purpose,
  max(CASE WHEN entity = 'evaluation' THEN state END) OVER of_evaluation AS standing,
  max(CASE WHEN entity = 'evaluation' THEN purpose END) OVER of_evaluation AS set_purpose,
  max(CASE WHEN entity = 'evaluation' THEN kind END) OVER of_evaluation AS set_kind,
  max(CASE WHEN entity = 'evaluation' THEN weight END) OVER of_evaluation AS set_weight,
  max(CASE WHEN entity = 'evaluation' THEN held_on END) OVER of_evaluation AS held_on
 FROM {} AS standing_rows WHERE {}
 WINDOW of_evaluation AS (PARTITION BY evaluation_id)
)"""
_SCORES = """\
every_score AS (
 SELECT evaluation_id, student_pseudonym, section_id, course_id, term_id, coalesce(set_kind, kind) AS kind, value,
  state, late, recorded_at_epoch_s, held_on,
  coalesce(nullif(set_purpose, ''), nullif(own_purpose, ''), 'summative') AS purpose,
  coalesce(try_cast(set_weight AS double), CAST(1 AS double)) AS weight,
  {} AS value_points
 FROM book WHERE entity = 'score' AND coalesce(standing, 'standing') = 'standing'
), judged AS (
 SELECT s.*, r.*, k.kind_share, k.kind_dropped,
  CASE s.state
   WHEN 'recorded' THEN CASE WHEN s.value_points IS NULL THEN NULL WHEN coalesce(s.late, 0) = 1
    THEN greatest(r.worst, s.value_points - r.late_penalty) ELSE s.value_points END
   WHEN 'missing' THEN r.worst
   WHEN 'absent' THEN r.absent_points
  END AS points
 FROM every_score AS s
 JOIN rules AS r ON r.rule_term_id = s.term_id
 JOIN kinds AS k ON k.kind_term_id = s.term_id AND k.kind_name = s.kind
), counting AS (
 SELECT * FROM judged WHERE purpose = 'summative' AND coalesce(kind_share, CAST(1 AS double)) > 0
)"""
_GRADES = """\
placed AS (
 SELECT *, (points - worst) / (best - worst) AS point_height,
  row_number() OVER (PARTITION BY term_id, section_id, student_pseudonym, purpose, kind
   ORDER BY points, weight DESC) AS place,
  count(*) OVER (PARTITION BY term_id, section_id, student_pseudonym, purpose, kind) AS of_kind
 FROM judged WHERE points IS NOT NULL
  AND (purpose = 'extra_credit' OR (purpose = 'summative' AND coalesce(kind_share, CAST(1 AS double)) > 0))
), kind_means AS (
 SELECT term_id, section_id, course_id, student_pseudonym, purpose, kind, max(worst) AS worst, max(best) AS best,
  max(passes_from) AS passes_from, max(passes_above) AS passes_above, max(extra_bound) AS extra_bound,
  coalesce(max(kind_share), sum(weight)) AS share,
  sum(CASE WHEN place > least(kind_dropped, of_kind - 1) THEN weight * points END)
   / sum(CASE WHEN place > least(kind_dropped, of_kind - 1) THEN weight END) AS kind_mean,
  sum(weight / 100 * (points - worst)) AS earned, count(*) AS results,
  sum(CASE WHEN state = 'missing' THEN 1 ELSE 0 END) AS missing,
  sum(CASE WHEN {recent} THEN point_height END) AS recent_height,
  sum(CASE WHEN {recent} THEN 1 ELSE 0 END) AS recent_results,
  sum(point_height) AS all_height
 FROM placed GROUP BY term_id, section_id, course_id, student_pseudonym, purpose, kind
), means AS (
 SELECT term_id, section_id, course_id, student_pseudonym, max(worst) AS worst, max(best) AS best,
  max(passes_from) AS passes_from, max(passes_above) AS passes_above,
  sum(CASE WHEN purpose = 'summative' THEN results END) AS results,
  sum(CASE WHEN purpose = 'summative' THEN missing END) AS missing,
  sum(CASE WHEN purpose = 'summative' THEN recent_height END) AS recent_height,
  sum(CASE WHEN purpose = 'summative' THEN recent_results END) AS recent_results,
  sum(CASE WHEN purpose = 'summative' THEN all_height END) AS all_height,
  least(max(best), sum(CASE WHEN purpose = 'summative' THEN share * kind_mean END)
   / sum(CASE WHEN purpose = 'summative' THEN share END)
   + least(max(extra_bound), coalesce(sum(CASE WHEN purpose = 'extra_credit' THEN earned END), CAST(0 AS double)))
  ) AS mean
 FROM kind_means GROUP BY term_id, section_id, course_id, student_pseudonym
 HAVING sum(CASE WHEN purpose = 'summative' THEN results END) > 0
), graded AS (
 SELECT term_id, section_id, course_id, student_pseudonym, results, missing, recent_height, recent_results, all_height,
  (mean - worst) / (best - worst) AS height,
  CASE WHEN passes_above > 0 THEN CASE WHEN mean > passes_from + {tolerance} THEN 1 ELSE 0 END
   WHEN mean >= passes_from - {tolerance} THEN 1 ELSE 0 END AS passing
 FROM means
)"""


def scores_of(snapshot: Snapshot, school: School, terms: Sequence[Term], *, section_id: str = "") -> Sql:
    """``counting``: a row for each score that counts, with its ``points``; ``judged`` has extra credit and others too.

    Raises like ``sources.grades_of``.
    """
    asked = compose("term_id IN ({})", bind(*(term.term_id for term in terms)))
    if section_id:
        asked = compose("{} AND section_id = {}", asked, bind(section_id))
    book = compose(_BOOK, sources.grades_of(snapshot), asked)
    return compose("{}, {}, {}", rules_tables(school, terms), book, compose(_SCORES, points_sql(school, terms)))


def grades_of(
    snapshot: Snapshot, school: School, terms: Sequence[Term], *, section_id: str = "", recent_from: date | None = None
) -> Sql:
    """The same, and ``graded``: a row for each student, section and term with a grade.

    ``height`` is the mean from 0, the worst grade, to 1; ``passing`` 1 or 0. ``results`` are the scores in it, of which
    ``missing`` were never handed in; ``recent_results`` are of evaluations held from ``recent_from`` on, and
    ``recent_height`` is the sum of their heights.
    """
    recent = f"coalesce(nullif(held_on, ''), '') >= {literal(recent_from.isoformat())}" if recent_from else "1 = 0"
    rules = _GRADES.replace("{tolerance}", f"CAST({TOLERANCE!r} AS double)").replace("{recent}", recent)
    return compose("{}, {}", scores_of(snapshot, school, terms, section_id=section_id), rules)
