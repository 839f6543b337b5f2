"""The admin site: Django's own, without what needs SQL or belongs to Cognito."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext_lazy as _

from edu.console.auth import SignInForm

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

# Passwords are Cognito's; the other two look objects up by content type or by free text, in SQL.
_LEFT_OUT = frozenset({"password_change", "password_change_done", "view_on_site", "autocomplete"})


class ConsoleSite(AdminSite):
    """Pages for school administrators, auditors and platform operators."""

    site_header = site_title = "Libreta"
    index_title = _("Console")
    index_template = "console/index.html"
    site_url = None
    login_form = SignInForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The stock addresses but those that would run SQL."""
        return [url for url in super().get_urls() if getattr(url, "name", None) not in _LEFT_OUT]

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """None: the audit trail replaces Django's log."""
        del request
        return LogEntry.objects.none()


site = ConsoleSite(name="admin")
