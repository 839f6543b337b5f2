"""The stack's deployment as a Django app, which ``manage.py`` adds."""

from django.apps import AppConfig


class StackConfig(AppConfig):
    """Brings the ``deploy`` command."""

    name = "deploy.stack"
    label = "deploy_stack"
    verbose_name = "Stack"
