"""The admin's list page over a listing that is read a page at a time, by cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList

from edu.dynamo.cursors import InvalidCursorError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from edu.console.records import RecordQuerySet


class CursorChangeList(ChangeList):
    """Filters by the model admin's list filters and nothing else; ``?p=`` is an encrypted cursor.

    A cursor of another school or listing sends the reader to the first page, as stock does with a bad parameter.
    """

    queryset: RecordQuerySet[Any]  # deliberately less than Django's
    first_url: str | None
    next_url: str | None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:  # noqa: ANN401, ARG002 - Django's signature
        """The listing narrowed by the filters.

        Raises:
            IncorrectLookupParameters: for a parameter that belongs to no filter.
        """
        specs, self.has_filters, others, _duplicates, self.has_active_filters = self.get_filters(request)
        if others or self.query:
            raise IncorrectLookupParameters
        self.filter_specs = specs
        self.clear_all_filters_qs = self.get_query_string(remove=self._filter_names())
        records = self.root_queryset
        for spec in specs:
            narrowed = spec.queryset(request, records)
            records = records if narrowed is None else narrowed
        return records

    def get_results(self, request: HttpRequest) -> None:
        """Read one page.

        Raises:
            IncorrectLookupParameters: the cursor is not of this listing and school.
        """
        cursor = request.GET.get(PAGE_VAR) or None
        try:
            page = self.queryset.page(cursor=cursor, limit=self.list_per_page)
        except InvalidCursorError as error:
            raise IncorrectLookupParameters from error
        self.result_list = page.items
        self.result_count = len(page.items)
        self.first_url = self.get_query_string() if cursor else None
        self.next_url = self.get_query_string({PAGE_VAR: page.cursor}) if page.cursor else None
        self.full_result_count = None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False

    def _filter_names(self) -> list[str]:
        return [name for spec in self.filter_specs for name in spec.expected_parameters() if name]
