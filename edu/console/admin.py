"""The audit trail's pages, for auditors."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from edu import audit, clock
from edu.console.actions import action_name, capacity_name
from edu.console.models import AuditEntry
from edu.console.record_admin import ChoiceFilter, RecordAdmin
from edu.console.site import site
from edu.dynamo.keys import InvalidKeyError
from edu.dynamo.mapping import instant_text
from edu.identity.role_names import role_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from django.utils.functional import Promise

    from edu.dynamo.pages import Page

_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_MONTHS_OFFERED = 12


class AuditTrail:
    """The school's audit entries, a month at a time, newest first."""

    filters = frozenset({"month"})

    def page(self, filters: Mapping[str, str], *, cursor: str | None, limit: int) -> Page[AuditEntry]:
        """One page of a month."""
        found = audit.list_month(filters["month"], cursor=cursor, limit=limit)
        return found.map(_record)

    def get(self, pk: str) -> AuditEntry | None:
        """One entry by its key text."""
        try:
            found = audit.get_entry(pk)
        except InvalidKeyError:
            return None
        return _record(found) if found else None


class MonthFilter(ChoiceFilter):
    """Which month's entries, in UTC: one of the last twelve, or an older one that the address names."""

    title = _("month (UTC)")
    parameter_name = "month"
    field_name = "month"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The months, latest first."""
        del model_admin
        months = recent_months(_MONTHS_OFFERED)
        asked = request.GET.get(self.parameter_name, "")
        if asked not in months and _MONTH.fullmatch(asked):
            months.append(asked)
        return [(month, month) for month in months]


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(RecordAdmin):
    """Who did what, and when."""

    list_display = ("when", "what", "which", "version", "whose_role", "as_what", "who")
    list_filter = (MonthFilter,)
    fields = (
        *("when", "what", "which", "version", "whose_role", "as_what", "who", "reason"),
        *("at", "before_digest", "after_digest", "correlation_id"),
    )
    readonly_fields = ("when", "what", "which", "whose_role", "as_what", "who")

    @admin.display(description=_("when"))
    def when(self, entry: AuditEntry) -> str:
        """The instant by the school's clocks, to the second."""
        at = timezone.localtime(datetime.fromisoformat(entry.at))
        return f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}"

    @admin.display(description=_("action"))
    def what(self, entry: AuditEntry) -> str | Promise:
        """What was done, in words."""
        return action_name(entry.action)

    @admin.display(description=_("record"))
    def which(self, entry: AuditEntry) -> str:
        """The record's name, which may be broken over lines."""
        return format_html('<span class="long-id">{}</span>', entry.subject)

    @admin.display(description=_("role"))
    def whose_role(self, entry: AuditEntry) -> str | Promise:
        """The role in which it was done, in words."""
        return role_name(entry.role)

    @admin.display(description=_("acting as"))
    def as_what(self, entry: AuditEntry) -> str | Promise:
        """As what they acted there, in words; empty where a role acts as one thing only."""
        return capacity_name(entry.capacity) if entry.capacity else ""

    @admin.display(description=_("account"))
    def who(self, entry: AuditEntry) -> str:
        """The account's id, which may be broken over lines."""
        return format_html('<span class="long-id">{}</span>', entry.actor)

    def get_source(self, request: HttpRequest) -> AuditTrail:
        """The school's trail."""
        del request
        return AuditTrail()


def recent_months(count: int) -> list[str]:
    """This month and those before it, as ``YYYY-MM`` in UTC, latest first."""
    today = clock.now()
    last = today.year * 12 + today.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(last, last - count, -1)]


def _record(entry: audit.AuditEntry) -> AuditEntry:
    fields: dict[str, Any] = asdict(entry)
    del fields["entry_id"]
    return AuditEntry.of(**fields | {"entry_key": audit.entry_key_of(entry), "at": instant_text(entry.at)})
