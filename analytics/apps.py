"""Analytics as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """The lake, its queries, and exports of whole schools."""

    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        """Tell the console and erasures what they must know of this app."""
        from analytics import console  # noqa: PLC0415 - only once every app is known
        from analytics.services import erasing  # noqa: PLC0415 - as above

        console.register()
        erasing.register()
