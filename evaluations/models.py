"""What the console's pages show of an evaluation. Unmanaged: the records themselves are the repository's."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from edu.console.models import Record
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose

KIND_NAMES = {
    EvaluationKind.EXAM: _("Exam"),
    EvaluationKind.QUIZ: _("Quiz"),
    EvaluationKind.HOMEWORK: _("Homework"),
    EvaluationKind.PROJECT: _("Project"),
    EvaluationKind.ORAL: _("Oral presentation"),
    EvaluationKind.PARTICIPATION: _("Participation"),
}
PURPOSE_NAMES = {
    EvaluationPurpose.SUMMATIVE: _("Summative"),
    EvaluationPurpose.FORMATIVE: _("Formative"),
    EvaluationPurpose.EXTRA_CREDIT: _("Extra credit"),
}


class Evaluation(Record):
    """Something graded in a section; see ``evaluations.domain.evaluation``."""

    evaluation_id = models.CharField(_("evaluation id"), max_length=40, primary_key=True)
    title = models.CharField(_("title"), max_length=120)
    section = models.CharField(_("section"), max_length=120)
    term = models.CharField(_("term"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=[(str(kind), name) for kind, name in KIND_NAMES.items()])
    weight = models.DecimalField(_("weight (relative)"), max_digits=5, decimal_places=2)
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=[(str(purpose), name) for purpose, name in PURPOSE_NAMES.items()]
    )
    cancelled = models.BooleanField(_("cancelled"))
    held_on = models.DateField(_("date"))
    version = models.PositiveIntegerField(_("version"))
    created_by = models.CharField(_("created by (account)"), max_length=64)
    created_at = models.DateTimeField(_("created"))

    class Meta(Record.Meta):
        """Described, never stored."""

        abstract = False
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")

    def __str__(self) -> str:
        """The title."""
        return self.title
