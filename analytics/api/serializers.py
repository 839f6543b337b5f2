"""How answers and runs are shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rest_framework import serializers

from analytics.api.formats import column_types
from analytics.column_names import QUESTION_NAMES
from analytics.domain.small_groups import MINIMUM
from analytics.permissions import SEE_ANALYTICS
from analytics.queries.registry import OF_A_SECTION, QUESTIONS
from edu.identity.capabilities import holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from analytics.services import Asked
    from edu.identity.principal import Principal

_FIELDS: Final[dict[str, Callable[..., Any]]] = {
    "str": serializers.CharField,
    "int": serializers.IntegerField,
    "float": serializers.FloatField,
    "bool": serializers.BooleanField,
    "date": serializers.DateField,
}
_MAY_BE_EMPTY: Final = frozenset({"correlation", "falling_by"})


class QuestionOutput(serializers.Serializer[Any]):
    """A question: its name, what it is called for people, and where it is asked."""

    name = serializers.CharField()
    title = serializers.CharField()
    address = serializers.CharField()
    needs_section = serializers.BooleanField(help_text="The caller must name a section that they teach.")


class CatalogueOutput(serializers.Serializer[Any]):
    """What the caller may ask. A group of fewer than ``smallest_group`` people is in no comparison."""

    smallest_group = serializers.IntegerField()
    results = QuestionOutput(many=True)


class RunOutput(serializers.Serializer[Any]):
    """A question that has no answer yet: read ``Location`` again after ``Retry-After``."""

    example: ClassVar = {
        "run_id": "5f2b0c6f3a7d4d1e9b8c7a6655443322",
        "question": "progress",
        "state": "running",
        "elapsed_ms": 3120,
        "scanned_bytes": 1048576,
    }
    run_id = serializers.CharField()
    question = serializers.CharField()
    state = serializers.ChoiceField(["running"])
    elapsed_ms = serializers.IntegerField()
    scanned_bytes = serializers.IntegerField()


class _AnswerOutput(serializers.Serializer[Any]):
    run_id = serializers.CharField()
    question = serializers.CharField()
    elapsed_ms = serializers.IntegerField(help_text="What the query took.")
    scanned_bytes = serializers.IntegerField(help_text="What it read of the lake.")
    hidden_groups = serializers.IntegerField(help_text="Left out for being small, or beside one that is.")


class RunAnswerOutput(_AnswerOutput):
    """An answer, with the rows of its question."""

    rows = serializers.ListField(child=serializers.DictField())


def _answer_of(name: str) -> type[serializers.Serializer[Any]]:
    """The answer to a question, whose rows have the columns of its ``Row``."""
    row = QUESTIONS[name].Row
    columns = {
        column: _FIELDS[kind](**({"allow_null": True} if column in _MAY_BE_EMPTY else {}))
        for column, kind in column_types(row).items()
    }
    row_output = type(f"{row.__name__}Output", (serializers.Serializer,), {"__doc__": row.__doc__, **columns})
    words = "".join(part.capitalize() for part in name.split("-"))
    members = {"__doc__": QUESTIONS[name].__doc__, "rows": row_output(many=True)}
    return type(f"{words}AnswerOutput", (_AnswerOutput,), members)


ANSWERS: Final = {name: _answer_of(name) for name in QUESTIONS}


def catalogue_data(actor: Principal) -> dict[str, Any]:
    """What the actor may ask."""
    everything = holds(actor, SEE_ANALYTICS)
    return {
        "smallest_group": MINIMUM,
        "results": [
            {
                "name": name,
                "title": str(title),
                "address": f"/api/v1/analytics/{name}",
                "needs_section": not everything,
            }
            for name, title in QUESTION_NAMES.items()
            if everything or name in OF_A_SECTION
        ],
    }


def run_data(asked: Asked) -> dict[str, Any]:
    """A question without an answer."""
    return {
        "run_id": asked.run_id,
        "question": asked.question.NAME,
        "state": str(asked.state),
        "elapsed_ms": asked.elapsed_ms,
        "scanned_bytes": asked.scanned_bytes,
    }


def answer_data(asked: Asked) -> dict[str, Any]:
    """A question's answer."""
    answer = asked.answer
    rows = [asdict(row) for row in answer.rows] if answer else []
    return {
        "run_id": asked.run_id,
        "question": asked.question.NAME,
        "elapsed_ms": asked.elapsed_ms,
        "scanned_bytes": asked.scanned_bytes,
        "hidden_groups": answer.hidden_groups if answer else 0,
        "rows": rows,
    }
