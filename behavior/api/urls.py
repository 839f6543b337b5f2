"""Routes for reading events."""

from django.urls import path

import edu.http.converters  # noqa: F401 - registers the id converter
from behavior.api import views

urlpatterns = [
    path("students/<id:student_id>/events", views.StudentEvents.as_view()),
    path("students/<id:student_id>/behavior", views.BehaviorProfile.as_view()),
    path("behavior-kinds", views.BehaviorKinds.as_view()),
    path("rejected-events", views.RejectedEvents.as_view()),
]
