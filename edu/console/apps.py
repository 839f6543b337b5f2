"""The console as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    """Django's admin over the one table."""

    name = "edu.console"
    label = "console"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Make content types known without SQL, and keep what a sign-in gave in the session."""
        from edu.console import content_types, signals  # noqa: PLC0415 - only once every model is known

        content_types.seed()
        signals.connect()
