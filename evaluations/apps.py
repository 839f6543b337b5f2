"""Evaluations as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    """Schools, their people, what is evaluated and the scores."""

    name = "evaluations"
    verbose_name = _("Evaluations")

    def ready(self) -> None:
        """Tell the console what it must know of this app, and an erasure what it holds of a student."""
        from evaluations import console  # noqa: PLC0415 - only once every model is known
        from evaluations.services import erasing  # noqa: PLC0415 - the same

        console.register()
        erasing.register()
