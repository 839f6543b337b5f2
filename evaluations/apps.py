"""Evaluations as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    """Schools, their people, what is evaluated and the scores."""

    name = "evaluations"
    verbose_name = _("Evaluations")

    def ready(self) -> None:
        """Tell the console by whose clocks a school lives."""
        from edu.console import local_time  # noqa: PLC0415 - only once every model is known
        from evaluations.services.school.school_cache import time_zone_of_school  # noqa: PLC0415 - as above

        local_time.tell(time_zone_of_school)
