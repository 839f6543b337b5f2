"""A write's If-Match: one version, and words that say what to send instead of anything else."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.utils import translation
from rest_framework.request import Request

from edu.http.preconditions import (
    ContradictoryPreconditionsError,
    MalformedAbsenceError,
    MalformedPreconditionError,
    PreconditionRequiredError,
    expected_version,
    replaced_version,
)

NEITHER = 'Envíe el ETag de la única versión que vio, por ejemplo "1": ni * ni varias'


def _request(if_match: str) -> Request:
    return Request(RequestFactory().patch("/", headers={"If-Match": if_match} if if_match else {}))


@pytest.mark.parametrize(("header", "version"), [('"1"', 1), (' "42" ', 42), ('"999999999"', 999_999_999)])
def test_one_version(header: str, version: int) -> None:
    assert expected_version(_request(header)) == version


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('W/"1"', 'Envíe el ETag sin W/: "1"'),
        ('w/"17"', 'Envíe el ETag sin W/: "17"'),
        ("3", 'Envíe la versión entre comillas: "3"'),
        ("*", NEITHER),
        ('"1", "2"', NEITHER),
        ('W/"1", W/"2"', NEITHER),
        ('"0"', NEITHER),
        ('"abc"', NEITHER),
        ('W/"' + "9" * 8000 + '"', NEITHER),
        ("9" * 8000, NEITHER),
    ],
)
def test_anything_else_is_told_what_to_send(header: str, message: str) -> None:
    with translation.override("es"), pytest.raises(MalformedPreconditionError) as refused:
        expected_version(_request(header))
    [error] = refused.value.fields
    assert (error.field, error.rule, str(error.message)) == ("If-Match", "one_version", message)


def test_missing_one_is_asked_for() -> None:
    with pytest.raises(PreconditionRequiredError):
        expected_version(_request(""))


def _put(**headers: str) -> Request:
    return Request(RequestFactory().put("/", headers={name.replace("_", "-"): text for name, text in headers.items()}))


@pytest.mark.parametrize("header", ["*", " * "])
def test_nothing_is_replaced_where_there_is_to_be_nothing(header: str) -> None:
    assert replaced_version(_put(If_None_Match=header)) is None
    assert replaced_version(_put(If_None_Match=header, If_Match="")) is None


def test_version_is_replaced_as_ever() -> None:
    assert replaced_version(_put(If_Match='"3"')) == 3
    assert replaced_version(_put(If_Match='"3"', If_None_Match=" ")) == 3
    with pytest.raises(MalformedPreconditionError):
        replaced_version(_put(If_Match="*"))


@pytest.mark.parametrize("header", ['"1"', 'W/"1"', '*, "1"', "**", "1"])
def test_tags_that_must_not_match_say_nothing_to_a_write(header: str) -> None:
    with pytest.raises(MalformedAbsenceError) as refused:
        replaced_version(_put(If_None_Match=header))
    [error] = refused.value.fields
    assert (refused.value.status, error.field, error.rule) == (400, "If-None-Match", "asterisk")


@pytest.mark.parametrize("if_none_match", ["*", '"1"'])
def test_both_conditions_contradict_each_other(if_none_match: str) -> None:
    with pytest.raises(ContradictoryPreconditionsError) as refused:
        replaced_version(_put(If_Match='"1"', If_None_Match=if_none_match))
    assert (refused.value.status, refused.value.code) == (400, "preconditions_contradict")


def test_neither_condition_is_told_both_ways() -> None:
    with translation.override("es"), pytest.raises(PreconditionRequiredError) as refused:
        replaced_version(_put())
    [error] = refused.value.fields
    assert "If-None-Match: *" in str(error.message)
    assert str(error.message).startswith("Envíe")
