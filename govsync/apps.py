"""The government sync as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovsyncConfig(AppConfig):
    """Runs, their batches and their history."""

    name = "govsync"
    verbose_name = _("Government sync")

    def ready(self) -> None:
        """Register the checks of the government's settings, and tell the console what it must know of this app."""
        from govsync import checks, console  # noqa: F401, PLC0415 - the first registers itself; apps must be loaded first

        console.register()
