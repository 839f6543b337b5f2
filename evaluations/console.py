"""What evaluations tells the console: what its pages' permissions stand for, and what its audit actions are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.console.access import register_permissions
from edu.console.actions import register_actions, register_capacities
from edu.console.local_time import tell
from evaluations.domain.teaching import Capacity
from evaluations.permissions import SEE_EVALUATIONS, SEE_SCORES
from evaluations.services.school.school_cache import time_zone_of_school

_PERMISSIONS = {"view_evaluation": SEE_EVALUATIONS, "view_score": SEE_SCORES}
_ACTION_NAMES = {
    "evaluation.created": _("Evaluation created"),
    "evaluation.edited": _("Evaluation edited"),
    "evaluation.deleted": _("Evaluation deleted"),
    "evaluation.cancelled": _("Evaluation cancelled"),
    "evaluation.reinstated": _("Evaluation reinstated"),
    "evaluation.imported": _("Evaluation imported"),
    "score.recorded": _("Score recorded"),
    "score.corrected": _("Score corrected"),
    "score.voided": _("Score voided"),
    "score.imported": _("Score imported"),
    "roster.import_approved": _("Import of the roster approved"),
    "roster.import_discarded": _("Import of the roster discarded"),
    "roster.import_held": _("Import of the roster held"),
    "roster.import_undone": _("Import of the roster undone"),
    "roster.imported": _("Roster imported"),
    "section.teacher_assigned": _("Teacher assigned to a section"),
    "section.teacher_ended": _("Teaching of a section ended"),
    "school.imported": _("School's record imported"),
    "term.closed": _("Term closed"),
    "term.reopened": _("Term reopened"),
}
_CAPACITY_NAMES = {
    Capacity.TEACHER: _("Teacher"),
    Capacity.CO_TEACHER: _("Co-teacher"),
    Capacity.SUBSTITUTE: _("Substitute"),
    Capacity.ADMINISTRATOR: _("Administrator"),
}


def register() -> None:
    """Tell it, once, as the app is loaded; also by whose clocks a school lives.

    Raises:
        ImproperlyConfigured: a permission or an action is registered already.
    """
    register_permissions("evaluations", _PERMISSIONS)
    register_actions(_ACTION_NAMES)
    register_capacities({str(capacity): name for capacity, name in _CAPACITY_NAMES.items()})
    tell(time_zone_of_school)
