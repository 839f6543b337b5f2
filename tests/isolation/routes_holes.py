"""Ways to break the isolation of the HTTP doors on purpose; each has to turn the section red."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from django.http import HttpResponse
from django.urls import clear_url_caches, path

import edu.urls
from edu.schools import list_schools
from edu.tenancy import enter_school
from evaluations.admin import EvaluationAdmin, SectionEvaluations
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.models import Evaluation
    from tests.support.cloud import Cloud


class _EverySchool(SectionEvaluations):
    """A source that looks for a record in every school, as a query set without a tenant would."""

    def get(self, pk: str) -> Evaluation | None:
        """The record, whosever it is."""
        for school_id in _SCHOOLS:
            with enter_school(school_id):
                found = super().get(pk)
            if found:
                return found
        return None


_SCHOOLS: list[str] = []


@contextmanager
def admin_without_tenant(_cloud: Cloud) -> Iterator[None]:
    """Detail pages that find any school's evaluation."""

    def get_source(_self: object, request: Any) -> _EverySchool:
        if not _SCHOOLS:
            with acting_as("worker"):
                _SCHOOLS[:] = [school.school_id for school in list_schools()]
        return _EverySchool(request.user.signed_in.principal)

    _SCHOOLS.clear()
    with mock.patch.object(EvaluationAdmin, "get_source", get_source):
        yield


@contextmanager
def route_without_cover(_cloud: Cloud) -> Iterator[None]:
    """An address nobody has thought about."""
    added = path("api/v1/uncovered", lambda _request: HttpResponse("ok"))
    edu.urls.urlpatterns.append(added)
    clear_url_caches()
    try:
        yield
    finally:
        edu.urls.urlpatterns.remove(added)
        clear_url_caches()
