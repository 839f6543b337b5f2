"""The local system as a Django app, which ``manage.py`` adds."""

from django.apps import AppConfig


class LocalConfig(AppConfig):
    """Brings the ``token`` command."""

    name = "deploy.local"
    label = "deploy_local"
    verbose_name = "Local system"
