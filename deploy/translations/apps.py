"""The translators' tools as a Django app, which ``manage.py`` adds."""

from django.apps import AppConfig


class TranslationsConfig(AppConfig):
    """Brings the ``compile_translations`` command."""

    name = "deploy.translations"
    label = "deploy_translations"
    verbose_name = "Translations"
