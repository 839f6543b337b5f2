"""What the console's pages of every app share: records read through services, in the signed-in person's name."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import SimpleTemplateResponse
from django.utils.text import capfirst

from edu.console import local_time
from edu.console.changelist import CursorChangeList
from edu.console.records import RecordQuerySet

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from django.db import models
    from django.http import HttpRequest, HttpResponse

    from edu.console.models import StaffUser
    from edu.console.records import Source
    from edu.identity.principal import Principal

    _ModelAdmin = admin.ModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin

PAGE_SIZE = 50


class RecordAdmin(_ModelAdmin):
    """A read-only list and detail page. Who may see them is decided by ``edu.console.access`` alone."""

    actions = None
    list_per_page = PAGE_SIZE
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()

    def get_source(self, request: HttpRequest) -> Source[Any]:
        """Where the records come from, for this request's person."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401 - deliberately less than Django's query set
        """The records' listing."""
        return RecordQuerySet(self.model, self.get_source(request))

    def get_changelist(self, request: HttpRequest, **_kwargs: object) -> type[CursorChangeList]:
        """The list page that pages by cursor."""
        del request
        return CursorChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list page, under the records' own name, not a request to select one; times by the school's clocks."""
        title = capfirst(self.opts.verbose_name_plural)
        with _school_time(request):
            return _rendered(super().changelist_view(request, {"title": title, **(extra_context or {})}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The detail page; times by the school's clocks."""
        with _school_time(request):
            return _rendered(super().changeform_view(request, object_id, form_url, extra_context))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:  # noqa: ANN401 - any model's record
        """One record, for those who may see it: the stock pages look it up first and ask about permission after.

        Raises:
            PermissionDenied: the person's role has no such page (a platform operator has not even a school to look in).
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> NoReturn:
        """Not offered: the audit trail is a page of its own.

        Raises:
            Http404: always.
        """
        del request, object_id, extra_context
        raise Http404


class ChoiceFilter(admin.SimpleListFilter):
    """A list filter that always has a value: the first of its choices unless the address names another."""

    field_name: str

    def value(self) -> str | None:
        """The value in force; ``None`` only when there are no choices.

        Raises:
            IncorrectLookupParameters: the address names a value that is not offered.
        """
        values = [str(value) for value, _label in self.lookup_choices]
        asked = super().value()
        if asked is not None and asked not in values:
            raise IncorrectLookupParameters
        return asked or next(iter(values), None)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401 - see RecordAdmin.get_queryset
        """The listing narrowed to the value."""
        del request
        value = self.value()
        return queryset.filter(**{self.field_name: value}) if value else queryset

    def choices(self, changelist: Any) -> Any:  # noqa: ANN401 - the stubs' types differ between versions
        """The choices, without the stock "All"."""
        chosen = self.value()
        for value, label in self.lookup_choices:
            link = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": str(value) == chosen, "query_string": link, "display": label}


def _school_time(request: HttpRequest) -> AbstractContextManager[None]:
    """The school's time; nothing for somebody without a school, who is refused inside."""
    return local_time.in_force() if cast("StaffUser", request.user).school_id else nullcontext()


def _rendered(response: HttpResponse) -> HttpResponse:
    """The page as it is to be sent: rendered now, while the school's time is in force."""
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def actor_of(request: HttpRequest) -> Principal:
    """Who is asking, as the services know people."""
    return cast("StaffUser", request.user).signed_in.principal
