"""The console's pages of evaluations: a section's list, and an evaluation with its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from edu.console.record_admin import ChoiceFilter, RecordAdmin, actor_of
from edu.console.site import site
from edu.dynamo.keys import InvalidKeyError
from edu.dynamo.pages import Page
from edu.errors import NotFoundError
from evaluations.domain.evaluation import ScoreState
from evaluations.models import Evaluation
from evaluations.services.grading import reading, score_sheets
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from edu.identity.principal import Principal
    from evaluations.domain import evaluation as domain

_VIEW_SCORES = "evaluations.view_score"
STATE_NAMES = {
    ScoreState.RECORDED: _("Recorded"),
    ScoreState.ABSENT: _("Absent"),
    ScoreState.EXEMPT: _("Exempt"),
    ScoreState.MISSING: _("Not handed in"),
    ScoreState.VOID: _("Void"),
}


class SectionEvaluations:
    """A section's evaluations, latest first, read in one person's name."""

    filters = frozenset({"section_id"})

    def __init__(self, actor: Principal) -> None:
        self._actor = actor

    def page(self, filters: Mapping[str, str], *, cursor: str | None, limit: int) -> Page[Evaluation]:
        """One page of the section's; a school without sections has none."""
        del limit  # the service's pages have the console's size
        if "section_id" not in filters:
            return Page([])
        found = reading.list_section_evaluations(actor=self._actor, section_id=filters["section_id"], cursor=cursor)
        return found.map(_record)

    def get(self, pk: str) -> Evaluation | None:
        """One of the school's evaluations."""
        try:
            return _record(reading.get_evaluation(actor=self._actor, evaluation_id=pk))
        except (NotFoundError, InvalidKeyError):
            return None


class SectionFilter(ChoiceFilter):
    """Which section's evaluations: this year's first one unless another is chosen."""

    title = _("section")
    parameter_name = "section"
    field_name = "section_id"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The school's sections, the latest school year's first."""
        del model_admin
        sections = reading.list_sections(actor=actor_of(request))
        sections.sort(key=lambda section: (-section.school_year, section.name))
        return [(section.section_id, f"{section.name} ({section.school_year})") for section in sections]


@admin.register(Evaluation, site=site)
class EvaluationAdmin(RecordAdmin):
    """Evaluations of a section; the detail page adds the scores for those who may see them."""

    list_display = ("title", "held_on", "kind", "term", "weight", "purpose", "cancelled")
    list_filter = (SectionFilter,)

    def get_source(self, request: HttpRequest) -> SectionEvaluations:
        """The evaluations the person may see."""
        return SectionEvaluations(actor_of(request))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 - Django's signature
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> HttpResponse:
        """The detail page, with the scores if the person's role has them."""
        if request.user.has_perm(_VIEW_SCORES):
            actor, evaluation_id = actor_of(request), context["original"].pk
            sheet = score_sheets.get_score_sheet(actor=actor, evaluation_id=evaluation_id)
            context["score_lines"] = [(line, STATE_NAMES[line.score.state]) for line in sheet]
        return super().render_change_form(request, context, *args, **kwargs)


def _record(evaluation: domain.Evaluation) -> Evaluation:
    terms = {term.term_id: term.name for term in school_cache.get_school().terms}
    return Evaluation.of(
        evaluation_id=evaluation.evaluation_id,
        title=evaluation.title,
        section=school_cache.get_section(evaluation.section_id).name,
        term=terms.get(evaluation.term_id, evaluation.term_id),
        kind=str(evaluation.kind),
        weight=evaluation.weight,
        purpose=str(evaluation.stated_purpose),
        cancelled=evaluation.cancelled,
        held_on=evaluation.held_on,
        version=evaluation.version,
        created_by=evaluation.created_by,
        created_at=evaluation.created_at,
    )
