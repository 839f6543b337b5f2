"""Django app of the embedded cloud; installed only through ``LIBRETA_EXTRA_APPS``."""

from django.apps import AppConfig


class EmulatorConfig(AppConfig):
    """Brings the ``emulator`` management command."""

    name = "edu.emulator"
    label = "edu_emulator"
    verbose_name = "Embedded cloud"
