"""A refusal is short, however much was wrong: twenty errors, how many more there are, and short texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from edu import clock
from edu.errors import FieldError, InvalidInputError
from edu.http.exception_handler import as_ours
from edu.http.problems import MOST_ERRORS, MOST_TEXT_CHARS, problem
from evaluations.api.evaluation_serializers import EvaluationInput
from evaluations.api.score_serializers import ScoreInput
from tests.unit.edu.http.doors import Sent, ask_door

if TYPE_CHECKING:
    from rest_framework.serializers import Serializer

    from tests.unit.edu.http.conftest import NamingVerifier


def _refusal_of(kind: type[Serializer[Any]], data: object) -> dict[str, Any]:
    serializer = kind(data=data)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever DRF raises, which is then made ours
        serializer.is_valid(raise_exception=True)
    error = as_ours(raised.value)
    assert error is not None
    return problem(error)


@pytest.mark.parametrize(("unknown", "shown", "more"), [(17, 18, None), (19, 20, None), (20, 20, 1), (900, 20, 881)])
def test_at_most_twenty_errors_are_told_and_how_many_more(unknown: int, shown: int, more: int | None) -> None:
    said = _refusal_of(ScoreInput, {f"field-{n}": 1 for n in range(unknown)})
    assert (len(said["errors"]), said.get("more")) == (shown, more)
    assert said["errors"][0] == {
        "field": "student_id",
        "rule": "required",
        "message": "Este campo es requerido.",
    }
    assert len(json.dumps(said)) < 4_000


def test_event_door_tells_as_many(verifier: NamingVerifier) -> None:
    assert verifier
    event = {"event_id": "x", "kind": "late", "occurred_at": clock.now().isoformat()}
    told = ask_door(Sent(body=json.dumps(event | {f"field-{n}": 1 for n in range(500)}).encode()))
    assert (told.status, told.body["code"]) == (422, "invalid_event")
    assert (len(told.body["errors"]), told.body["more"]) == (MOST_ERRORS, 501 - MOST_ERRORS)
    many = [event | {"kind": "?"}] * 100
    told = ask_door(Sent(body=json.dumps(many).encode()))
    assert (len(told.body["errors"]), told.body["more"]) == (MOST_ERRORS, 200 - MOST_ERRORS)


@pytest.mark.parametrize("language", ["es", "en"])
def test_text_that_repeats_what_was_sent_is_cut(language: str) -> None:
    long = "x" * 5_000
    with translation.override(language):
        sent = {"kind": long, "title": long, "term_id": long, "weight": long, "held_on": long, long: 1}
        said = _refusal_of(EvaluationInput, sent)
    assert len(said["errors"]) == 6
    assert all(len(error["message"]) <= MOST_TEXT_CHARS for error in said["errors"])
    assert all(len(error["field"]) <= 40 for error in said["errors"])
    assert {error["message"][-1] for error in said["errors"] if error["field"] == "kind"} == {"…"}


def test_detail_and_fields_of_ours_are_cut_too() -> None:
    said = problem(InvalidInputError("d" * 900, fields=[FieldError("f" * 900, "rule", "m" * 900)]))
    assert [len(text) for text in (said["detail"], *said["errors"][0].values())] == [400, 400, 4, 400]
