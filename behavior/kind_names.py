"""What the kinds of events are called for a person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KIND_NAMES = {
    "screen_time": _("Screen time"),
    "app_opened": _("App opened"),
    "task_opened": _("Task opened"),
    "task_done": _("Task done"),
    "participation": _("Participation"),
    "question": _("Question asked"),
    "group_work": _("Group work"),
    "mood": _("Mood"),
    "help_request": _("Request for help"),
    "check_in": _("Check-in"),
    "late": _("Late arrival"),
    "absent": _("Absence"),
    "left_early": _("Early departure"),
    "absence_excused": _("Excused absence"),
    "positive_note": _("Positive note"),
    "negative_note": _("Negative note"),
    "guardian_summons": _("Summons of a guardian"),
    "written_warning": _("Written warning"),
    "suspension": _("Suspension"),
    "conditional_enrolment": _("Conditional enrolment"),
    "expulsion": _("Expulsion"),
}
