"""Routes of analytics."""

from django.urls import path

import edu.http.converters  # noqa: F401 - registers the id converter
from analytics.api import exports, views

urlpatterns = [
    path("analytics", views.AnalyticsCatalogue.as_view()),
    path("analytics/runs/<id:run_id>", views.RunView.as_view()),
    *(path(f"analytics/{name}", view.as_view()) for name, view in views.ROUTES.items()),
    path("school/exports", exports.ExportList.as_view()),
    path("school/exports/<id:export_id>", exports.ExportDetail.as_view()),
    path("school/exports/<id:export_id>/download", exports.ExportDownload.as_view()),
]
