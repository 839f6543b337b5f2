"""The government sync as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovsyncConfig(AppConfig):
    """Runs, their batches and their history."""

    name = "govsync"
    verbose_name = _("Government sync")

    def ready(self) -> None:
        """Register the check of the government's address."""
        from govsync import checks  # noqa: F401, PLC0415 - registers itself; apps must be loaded first
