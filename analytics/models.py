"""What the console's page of questions lists. Unmanaged: a question is code."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from edu.console.models import Record


class LakeQuestion(Record):
    """A question that may be put to the school's own past; see ``analytics.queries``."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    title = models.CharField(_("question"), max_length=120)

    class Meta(Record.Meta):
        """Described, never stored."""

        abstract = False
        verbose_name = _("question to the school's data")
        verbose_name_plural = _("questions to the school's data")

    def __str__(self) -> str:
        """What it is called for people."""
        return self.title
