"""What the audit trail's actions are called on a page: ``<entity>.<verb>``, as services write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

ACTION_NAMES = {
    "evaluation.created": _("Evaluation created"),
    "evaluation.edited": _("Evaluation edited"),
    "evaluation.deleted": _("Evaluation deleted"),
    "evaluation.imported": _("Evaluation imported"),
    "score.recorded": _("Score recorded"),
    "score.corrected": _("Score corrected"),
    "score.voided": _("Score voided"),
    "score.imported": _("Score imported"),
    "school.imported": _("School's record imported"),
    "term.closed": _("Term closed"),
    "term.reopened": _("Term reopened"),
}


def action_name(action: str) -> str | Promise:
    """The action's name; an old action that no code writes any more keeps its own."""
    return ACTION_NAMES.get(action, action)
