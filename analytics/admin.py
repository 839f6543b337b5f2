"""The console's page of questions: what there is to ask, and each with its form, its chart and its table."""

from __future__ import annotations

from dataclasses import fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe

from analytics import services
from analytics.api.formats import FORMATS, column_text
from analytics.api.parameters import QUERIES
from analytics.asking_form import AskingForm
from analytics.charts import draw
from analytics.charts.answers import chart_of
from analytics.column_names import COLUMN_NAMES, QUESTION_NAMES
from analytics.domain.small_groups import MINIMUM
from analytics.errors import QueryFailedError
from analytics.models import LakeQuestion
from analytics.services import asking
from edu.console.record_admin import RecordAdmin, actor_of
from edu.console.site import site
from edu.dynamo.pages import Page
from edu.errors import LibretaError, UnavailableError
from edu.http import conventions
from evaluations import services as evaluations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from analytics.services import Asked
    from edu.http.conventions import Convention
    from edu.identity.principal import Principal

WAIT_S = asking.WAIT_S  # each page that waits holds one of the process's four threads
_SHOWN_ROWS = 500
_STUDENT = "student_id"


class Questions:
    """Every question there is."""

    filters: frozenset[str] = frozenset()

    def page(self, filters: Mapping[str, str], *, cursor: str | None, limit: int) -> Page[LakeQuestion]:
        """All of them."""
        del filters, cursor, limit
        return Page([_record(name) for name in QUESTION_NAMES])

    def get(self, pk: str) -> LakeQuestion | None:
        """One, by its name."""
        return _record(pk) if pk in QUESTION_NAMES else None


@admin.register(LakeQuestion, site=site)
class LakeQuestionAdmin(RecordAdmin):
    """Questions; the detail page asks one and shows its answer."""

    list_display = ("title",)
    fields = ("title",)

    def get_source(self, request: HttpRequest) -> Questions:
        """The questions, whoever asks; what may be asked the service decides."""
        del request
        return Questions()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The detail page, or the answer as a file where ``format`` asks for one."""
        if "format" in request.GET and object_id and object_id in QUESTION_NAMES and self.has_view_permission(request):
            found = _file(request, object_id)
            if found is not None:
                return found
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 - Django's signature
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> HttpResponse:
        """The page with the form and, once it is filled in, the answer."""
        name, actor = context["original"].pk, actor_of(request)
        form = AskingForm(name, actor, request.GET)
        context |= {"asking": form, "smallest_group": MINIMUM, "question_name": name}
        if form.is_filled:
            context |= _answered(name, actor, form)
        return super().render_change_form(request, context, *args, **kwargs)


def _answered(name: str, actor: Principal, form: AskingForm) -> dict[str, Any]:
    """What the page shows of a question that was put: its answer, that it takes longer, or why there is none."""
    try:
        asked = services.ask(actor=actor, question=form.question(), wait_s=WAIT_S)
    except UnavailableError as error:
        return {"refused": error.title, "try_again": True}
    except LibretaError as error:
        if _is_a_fault(error):
            raise
        return {"refused": error.title}
    if asked.answer is None:
        return {"running": True}
    return {"asked": asked, **_shown(name, asked, form)}


def _shown(name: str, asked: Asked, form: AskingForm) -> dict[str, Any]:
    assert asked.answer is not None  # noqa: S101 - for the types: who calls has looked
    convention = conventions.of(evaluations.get_school())
    columns = [one.name for one in fields(asked.question.Row)]
    shown = asked.answer.rows[:_SHOWN_ROWS]
    if _STUDENT in columns:
        form.learn_students(getattr(row, _STUDENT) for row in shown)
    rows = [
        [
            form.name_of(str(getattr(row, column)), column) or _cell(getattr(row, column), convention)
            for column in columns
        ]
        for row in shown
    ]
    chart = chart_of(
        name,
        asked.answer.rows,
        title=str(QUESTION_NAMES[name]),
        name=lambda one, column: form.name_of(one, column) or one,
        written=lambda number: convention.number(f"{round(number, 2):g}"),
    )
    return {
        "chart": mark_safe(draw(chart)) if chart else "",  # noqa: S308 - our own document, in which all text is escaped
        "columns": [COLUMN_NAMES[column] for column in columns],
        "rows": rows,
        "left_out": len(asked.answer.rows) - len(rows),
        "hidden_groups": asked.answer.hidden_groups,
    }


def _cell(value: object, convention: Convention) -> str:
    """A value as a person reads it: the files have all its digits."""
    return column_text(round(value, 3) if isinstance(value, float) else value, convention)


def _file(request: HttpRequest, name: str) -> HttpResponse | None:
    """The answer as a file; nothing where it has none, so that the page says why."""
    wanted = next((one for one in FORMATS if one.format == request.GET["format"]), None)
    form = AskingForm(name, actor_of(request), request.GET)
    if wanted is None or not form.is_filled:
        return None
    try:
        asked = services.ask(actor=actor_of(request), question=form.question(), wait_s=WAIT_S)
    except LibretaError as error:
        if _is_a_fault(error):
            raise
        return None
    if asked.answer is None:
        return None
    disposition = content_disposition_header(as_attachment=True, filename=f"libreta-{name}.{wanted.format}")
    return HttpResponse(
        wanted().write(evaluations.get_school(), asked.question.Row, asked.answer.rows),
        content_type=wanted.content_type,
        headers={"Content-Disposition": str(disposition), "X-Content-Type-Options": "nosniff"},
    )


def _is_a_fault(error: LibretaError) -> bool:
    """Whether somebody has to be told that something is broken, as that IAM refused: no page may pass over it."""
    return error.status == HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, QueryFailedError)


def _record(name: str) -> LakeQuestion:
    assert name in QUERIES  # noqa: S101 - a test holds both tables against each other
    return LakeQuestion.of(name=name, title=str(QUESTION_NAMES[name]))
