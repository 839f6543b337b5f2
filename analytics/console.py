"""What analytics tell the console: what its page's permission stands for, and what audit actions are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.permissions import SEE_ANALYTICS
from edu.console.access import register_permissions
from edu.console.actions import register_actions

_ACTION_NAMES = {
    "export.ordered": _("Export of the school ordered"),
    "export.finished": _("Export of the school made"),
    "export.failed": _("Export of the school failed"),
    "export.link_given": _("Link to an export given out"),
    "export.erased": _("Export of the school erased"),
    "lake.refilled": _("Rows of the analysis written again"),
}


def register() -> None:
    """Tell it, once, as the app is loaded.

    Raises:
        ImproperlyConfigured: a permission or an action is registered already.
    """
    register_permissions("analytics", {"view_lakequestion": SEE_ANALYTICS})
    register_actions(_ACTION_NAMES)
