"""The routes of the web process."""

from __future__ import annotations

from django.conf.urls.i18n import urlpatterns as language_urls
from django.urls import include, path
from django.views.generic import RedirectView

from edu.console.site import site
from edu.http.docs import ContractFile, contract_docs
from edu.http.index import ApiIndex

urlpatterns = [
    path("api/v1/", include("evaluations.api.urls")),  # the first that fits is taken, and these are in a hurry
    path("api/v1/", include("behavior.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/", ApiIndex.as_view()),
    path("api/v1/schema", ContractFile.as_view(), name="schema"),
    path("api/v1/docs", contract_docs, name="docs"),
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", site.urls),
    path("i18n/", include(language_urls)),
]
