"""A write's If-Match: one version, and words that say what to send instead of anything else."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.utils import translation
from rest_framework.request import Request

from edu.http.preconditions import MalformedPreconditionError, PreconditionRequiredError, expected_version

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
