"""What the columns of the answers are called for people."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise

COLUMN_NAMES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "absences": _("Absences and late arrivals"),
        "correlation": _("Correlation"),
        "course_id": _("Course"),
        "courses": _("Courses with a grade"),
        "events": _("Events"),
        "failing": _("Courses that do not pass"),
        "falling_by": _("Fall in the last weeks (0 to 1)"),
        "grades": _("Grades given"),
        "kind": _("Kind"),
        "mean": _("Mean (0 to 1)"),
        "mean_change": _("Change of the mean"),
        "missing_share": _("Share of work not handed in"),
        "ordinal": _("Term of the year"),
        "pass_rate": _("Pass rate"),
        "pass_rate_change": _("Change of the pass rate"),
        "passing": _("Passing"),
        "past_grades": _("Grades given then"),
        "past_mean": _("Mean then (0 to 1)"),
        "past_pass_rate": _("Pass rate then"),
        "past_school_year": _("School year then"),
        "past_term_id": _("Term then"),
        "school_year": _("School year"),
        "scores": _("Scores"),
        "section_id": _("Section"),
        "section_mean": _("Mean of the section (0 to 1)"),
        "section_students": _("Students of the section"),
        "share": _("Share"),
        "signals": _("Signals"),
        "student_id": _("Student"),
        "student_pseudonym": _("Pseudonym"),
        "students": _("Students"),
        "term_id": _("Term"),
        "value": _("Grade"),
        "week": _("Week"),
        "week_begins_on": _("Monday of the week"),
    }
)

QUESTION_NAMES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "grade-distribution": _("Distribution of grades"),
        "pass-rates": _("Pass rates"),
        "progress": _("Progress over the years"),
        "own-past": _("A term beside those of years before"),
        "behaviour-weeks": _("Behaviour by week"),
        "attendance-against-grades": _("Attendance against grades"),
        "at-risk": _("Students at risk"),
    }
)
