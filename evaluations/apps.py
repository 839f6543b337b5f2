"""Evaluations as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    """Schools, their people, what is evaluated and the scores."""

    name = "evaluations"
    verbose_name = _("Evaluations")
