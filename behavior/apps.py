"""Behaviour as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BehaviorConfig(AppConfig):
    """Students' events, and those rejected, for a person to look at."""

    name = "behavior"
    verbose_name = _("Behaviour")

    def ready(self) -> None:
        """Tell the console what it must know of this app, and an erasure what it holds of a student."""
        from behavior import console  # noqa: PLC0415 - only once every app is known
        from behavior.services import erasing  # noqa: PLC0415 - the same

        console.register()
        erasing.register()
