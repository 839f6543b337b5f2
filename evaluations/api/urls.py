"""Routes of the teachers' API."""

from django.urls import path

import edu.http.converters  # noqa: F401 - registers the id converter
from evaluations.api import views

urlpatterns = [
    path("sections", views.SectionList.as_view()),
    path("sections/<id:section_id>/students", views.SectionStudents.as_view()),
    path("sections/<id:section_id>/evaluations", views.EvaluationList.as_view()),
    path("evaluations/<id:evaluation_id>", views.EvaluationDetail.as_view()),
    path("evaluations/<id:evaluation_id>/scores", views.ScoreList.as_view()),
    path("evaluations/<id:evaluation_id>/scores/<id:student_id>", views.ScoreDetail.as_view()),
]
