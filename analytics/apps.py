"""Analytics as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """The lake and its queries."""

    name = "analytics"
    verbose_name = _("Analytics")
