"""What an evaluation's fields may be, said to whoever sent something else."""

from django.utils.translation import gettext_lazy as _

TITLE = _("Send one line of 1 to 120 characters, none of them control characters")
REASON = _("Send one line of at most 200 characters, none of them control characters")
WEIGHT = _("It must be a number between 0.01 and 100, with at most 2 decimals")
BY_FIELD = {"title": TITLE, "reason": REASON, "weight": WEIGHT}
