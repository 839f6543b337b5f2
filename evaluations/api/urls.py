"""Routes of the teachers' API."""

from django.urls import path

import edu.http.converters  # noqa: F401 - registers the id converter
from evaluations.api import changes, evaluations, reports, school, scores, section_teachers, sections, terms

urlpatterns = [
    path("changes", changes.ChangeList.as_view()),
    path("school", school.SchoolDetail.as_view()),
    path("sections", sections.SectionList.as_view()),
    path("sections/<id:section_id>/students", sections.SectionStudents.as_view()),
    path("sections/<id:section_id>/teachers", section_teachers.SectionTeacherList.as_view()),
    path("sections/<id:section_id>/teachers/<id:assignment_id>/end", section_teachers.SectionTeacherEnd.as_view()),
    path("sections/<id:section_id>/evaluations", evaluations.EvaluationList.as_view()),
    path("sections/<id:section_id>/scores", scores.SectionScores.as_view()),
    path("sections/<id:section_id>/consolidated", reports.SectionConsolidated.as_view()),
    path("evaluations/<id:evaluation_id>", evaluations.EvaluationDetail.as_view(), name="evaluation"),
    path("evaluations/<id:evaluation_id>/cancellation", evaluations.EvaluationCancellation.as_view()),
    path("evaluations/<id:evaluation_id>/reinstatement", evaluations.EvaluationReinstatement.as_view()),
    path("evaluations/<id:evaluation_id>/history", evaluations.EvaluationHistory.as_view()),
    path("evaluations/<id:evaluation_id>/scores", scores.ScoreList.as_view()),
    path("evaluations/<id:evaluation_id>/scores/<id:student_id>", scores.ScoreDetail.as_view()),
    path("evaluations/<id:evaluation_id>/scores/<id:student_id>/void", scores.ScoreVoid.as_view()),
    path("evaluations/<id:evaluation_id>/scores/<id:student_id>/history", scores.ScoreHistory.as_view()),
    path("students/<id:student_id>/scores", scores.StudentScores.as_view()),
    path("students/<id:student_id>/report-card", reports.StudentReportCard.as_view()),
    path("terms", terms.TermList.as_view()),
    path("terms/<id:term_id>/close", terms.TermClose.as_view()),
    path("terms/<id:term_id>/reopen", terms.TermReopen.as_view()),
]
