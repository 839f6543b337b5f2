"""The emulator as a Django app, which ``manage.py`` adds."""

from django.apps import AppConfig


class EmulatorConfig(AppConfig):
    """Brings the ``emulator`` command."""

    name = "deploy.emulator"
    label = "deploy_emulator"
    verbose_name = "AWS emulator"
