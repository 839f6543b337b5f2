"""Behaviour as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BehaviorConfig(AppConfig):
    """Students' events, and those rejected, for a person to look at."""

    name = "behavior"
    verbose_name = _("Behaviour")
