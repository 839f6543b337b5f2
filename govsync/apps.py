"""The government sync as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovsyncConfig(AppConfig):
    """Runs, their batches and their history."""

    name = "govsync"
    verbose_name = _("Government sync")

    def ready(self) -> None:
        """Register the checks of the government's settings; tell the console and erasures what they must know."""
        from govsync import checks, console  # noqa: F401, PLC0415 - the first registers itself; apps must be loaded first
        from govsync.services import obliging  # noqa: PLC0415 - the same

        console.register()
        obliging.register()
