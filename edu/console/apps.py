"""The console as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    """Django's admin over the one table."""

    name = "edu.console"
    label = "console"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Make content types known without SQL, say who sees the audit trail, and keep what a sign-in gave."""
        from edu.console import access, content_types, permissions, signals  # noqa: PLC0415 - once models are known

        content_types.seed()
        access.register_permissions("console", {"view_auditentry": permissions.SEE_AUDIT_TRAIL})
        signals.connect()
