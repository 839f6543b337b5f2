"""The console as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_ACTION_NAMES = {
    "dead_letter.redriven": _("Dead letter sent again"),
    "dead_letter.discarded": _("Dead letter given up"),
    "student.erased": _("Student erased"),
    "legal_hold.placed": _("Legal hold placed"),
    "legal_hold.released": _("Legal hold released"),
}


class ConsoleConfig(AppConfig):
    """Django's admin over the one table."""

    name = "edu.console"
    label = "console"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Make content types known without SQL, name the audit trail and who sees it, and keep what a sign-in gave."""
        from edu.console import access, actions, content_types, permissions, signals  # noqa: PLC0415 - once models are known

        content_types.seed()
        access.register_permissions("console", {"view_auditentry": permissions.SEE_AUDIT_TRAIL})
        actions.register_actions(_ACTION_NAMES)
        signals.connect()
