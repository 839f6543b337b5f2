"""A body that cannot be taken is refused in the reader's language, naming what is wrong and repeating nothing of it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.utils import translation
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from edu.http.errors import MalformedBodyError
from edu.http.exception_handler import as_ours
from edu.http.parsers import StrictJSONParser


class Exam(serializers.Serializer[Any]):
    """A body with a day in it."""

    held_on = serializers.DateField()

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Refuse every one."""
        del attrs
        raise ValidationError("never", code="never")


class Exams(serializers.Serializer[Any]):
    """Two levels."""

    first = Exam()


def _errors(data: object, kind: type[serializers.Serializer[Any]] = Exam) -> list[tuple[str, str, str]]:
    exam = kind(data=data)
    with translation.override("es"), pytest.raises(ValidationError) as raised:
        exam.is_valid(raise_exception=True)
    error = as_ours(raised.value)
    assert error is not None
    return [(each.field, each.rule, str(each.message)) for each in error.fields]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "Ana",\n}', "El cuerpo de la solicitud no es JSON: revise la línea 2, columna 1"),
        (b"\xff", "El cuerpo de la solicitud no es JSON"),
        (b"NaN", "El cuerpo de la solicitud no es JSON"),
        (b"[" * 100_000, "El cuerpo de la solicitud está anidado con demasiada profundidad"),
    ],
)
def test_body_that_is_no_json_is_told_in_spanish(body: bytes, said: str) -> None:
    with translation.override("es"), pytest.raises(MalformedBodyError) as refused:
        StrictJSONParser().parse(io.BytesIO(body))
    with translation.override("es"):
        assert str(refused.value.detail) == said


def test_what_is_wrong_with_the_whole_body_has_the_bodys_name() -> None:
    assert _errors([]) == [("body", "invalid", "Se esperaba un objeto JSON.")]
    assert _errors({"held_on": "2026-01-31"}) == [("body", "never", "never")]
    assert _errors({"first": 5}, Exams) == [("first", "invalid", "Se esperaba un objeto JSON.")]


def test_day_in_another_form_is_told_in_spanish() -> None:
    assert _errors({"held_on": "31/01/2026"}) == [("held_on", "invalid", "Envíe una fecha con la forma AAAA-MM-DD.")]
