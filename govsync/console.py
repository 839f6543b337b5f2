"""What the console must know of the sync: how its actions are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.console.actions import register_actions

_ACTION_NAMES = {
    "sync_run.resumed": _("Parked sync taken up again"),
    "sync_run.retried": _("Grades that the government lacks sent again"),
    "sync_batch.sent_again": _("Batch sent again after the government contradicted itself"),
    "sync_batch.skip_proposed": _("Proposed not to send a batch"),
    "sync_batch.skipped": _("Agreed not to send a batch"),
    "sync_run.exported": _("Sync's certificate, grades and history exported"),
    "sync_run.grade_exported": _("Proof of a synced grade exported"),
}


def register() -> None:
    """Tell it, once, as the app is loaded.

    Raises:
        ImproperlyConfigured: an action is registered already.
    """
    register_actions(_ACTION_NAMES)
