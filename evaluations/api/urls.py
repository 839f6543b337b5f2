"""Routes of the teachers' API. Ids have one form, so nothing else reaches a view."""

from django.urls import path, register_converter

from evaluations.api import views


class IdConverter:
    """An id as the domain makes them."""

    regex = "[a-z0-9-]{1,40}"

    def to_python(self, value: str) -> str:
        """The id itself."""
        return value

    def to_url(self, value: str) -> str:
        """The id itself."""
        return value


register_converter(IdConverter, "id")

urlpatterns = [
    path("sections", views.SectionList.as_view()),
    path("sections/<id:section_id>/evaluations", views.EvaluationList.as_view()),
    path("evaluations/<id:evaluation_id>", views.EvaluationDetail.as_view()),
    path("evaluations/<id:evaluation_id>/scores", views.ScoreList.as_view()),
    path("evaluations/<id:evaluation_id>/scores/<id:student_id>", views.ScoreDetail.as_view()),
]
