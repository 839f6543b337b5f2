"""The form by which a person puts a question in the console: the API's own parameters, with the school's choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers

from analytics.api.parameters import QUERIES
from behavior.kind_names import KIND_NAMES
from edu import clock
from edu.http.fields import DayField
from evaluations import services as evaluations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edu.identity.principal import Principal

_CHOSEN: Final = ("term", "section", "course", "by")
_WEEKS: Final = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class FormField:
    """A parameter as the form shows it: a choice where there are ``choices``, else an input of ``kind``."""

    name: str
    label: str
    value: str
    kind: str
    choices: Sequence[tuple[str, str]] = ()
    error: str = ""


class AskingForm:
    """A question's form, filled in from an address. Whoever asks sees the choices that they may see."""

    def __init__(self, name: str, actor: Principal, given: Mapping[str, str]) -> None:
        self._query: type[serializers.Serializer[Any]] = QUERIES[name]
        self._actor = actor
        school = evaluations.get_school()
        sections = sorted(
            evaluations.list_sections(actor=actor), key=lambda one: (-one.school_year, one.name, one.section_id)
        )
        courses = _distinct(evaluations.courses_names())
        terms = sorted(school.terms, key=lambda one: one.starts_on, reverse=True)
        called = _distinct({term.term_id: term.name for term in terms})
        begun = [term for term in terms if term.starts_on <= clock.now().date()]
        self._choices: dict[str, list[tuple[str, str]]] = {
            "term": [(term.term_id, called[term.term_id]) for term in begun],
            "section": [("", _("All sections")), *((s.section_id, f"{s.name} ({s.school_year})") for s in sections)],
            "course": [("", _("All courses")), *_named({s.course_id for s in sections}, courses)],
            "by": [("section", _("Section")), ("course", _("Course"))],
        }
        self._names: dict[str, Mapping[str, str]] = {
            "section_id": _distinct({s.section_id: s.name for s in sections}),
            "term_id": called,
            "course_id": courses,
            "kind": {kind: str(shown) for kind, shown in KIND_NAMES.items()},
        }
        known = self._query().fields
        self._given = {key: str(value).strip() for key, value in given.items() if key in known}
        self._serializer = self._query(data={key: value for key, value in self._given.items() if value})
        self.is_filled = bool(self._given) and self._serializer.is_valid()

    @property
    def fields(self) -> list[FormField]:
        """What the form shows, in the question's own order."""
        errors = self._serializer.errors if self._given and not self.is_filled else {}
        return [
            FormField(
                name=name,
                label=_LABELS[name](),
                value=self._given.get(name) or self._usual(name, field),
                kind="date" if isinstance(field, DayField) else "text",
                choices=self._choices[name] if name in _CHOSEN else (),
                error=" ".join(map(str, errors.get(name, []))),
            )
            for name, field in self._query().fields.items()
        ]

    def question(self) -> Any:  # noqa: ANN401 - one of the questions
        """The question, of a form that is filled in."""
        query: Any = self._serializer
        return query.question(query.validated_data)

    def learn_students(self, student_ids: Iterable[str]) -> None:
        """Find out what the students of an answer are called."""
        self._names["student_id"] = evaluations.students_names(student_ids)

    def name_of(self, identifier: str, column: str) -> str:
        """What the column's thing is called; nothing where it has no name."""
        return self._names.get(column.removeprefix("past_"), {}).get(identifier, "")

    def _usual(self, name: str, field: serializers.Field[Any, Any, Any, Any]) -> str:
        if isinstance(field, DayField):
            today = clock.now().date()
            return (today if name == "last_on" else today - _WEEKS).isoformat()
        return "" if field.default is serializers.empty else str(field.default)


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """The names, with the id behind those that several have: a chart has one bar for each name."""
    times = Counter(names.values())
    return {one: name if times[name] == 1 else f"{name} ({one})" for one, name in names.items()}


def _named(ids: Iterable[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(((one, names.get(one, one)) for one in ids), key=itemgetter(1, 0))


_LABELS: Final = {
    "term": lambda: _("Term"),
    "section": lambda: _("Section"),
    "course": lambda: _("Course"),
    "by": lambda: _("A row for each"),
    "first_on": lambda: _("From"),
    "last_on": lambda: _("To"),
    "failing_courses": lambda: _("Courses that do not pass"),
    "missing_share": lambda: _("Share of work not handed in"),
    "absences": lambda: _("Absences and late arrivals"),
    "falling_by": lambda: _("Fall in the last weeks (0 to 1)"),
    "needed": lambda: _("Signals needed"),
}
