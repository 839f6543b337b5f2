"""What behaviour tells the console: what its audit actions are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.console.actions import register_actions

_ACTION_NAMES = {
    "behavior_kind.used": _("Kind of event in use"),
    "behavior_kind.not_used": _("Kind of event no longer in use"),
}


def register() -> None:
    """Tell it, once, as the app is loaded.

    Raises:
        ImproperlyConfigured: an action is registered already.
    """
    register_actions(_ACTION_NAMES)
