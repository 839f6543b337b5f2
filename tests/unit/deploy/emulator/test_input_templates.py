"""A pipe's input template."""

from __future__ import annotations

import json

import pytest

from deploy.emulator.extension.input_templates import render

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {"NewImage": {"note": {"S": 'He said "no"\n\\ ñ'}, "score": {"N": "3.5"}, "tags": {"L": [{"S": "x"}]}}},
    "count": 3,
}
PIPE = {"Name": "events", "Arn": "arn:aws:pipes:us-east-1:000000000000:pipe/events"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"a": "<$.eventName>"}', {"a": "INSERT"}),
        ('{"a": <$.eventName>}', {"a": "INSERT"}),
        ('{"a": "<$.dynamodb.NewImage.note.S>"}', {"a": 'He said "no"\n\\ ñ'}),
        ('{"a": <$.dynamodb.NewImage.score.N>}', {"a": "3.5"}),
        ('{"a": <$.count>}', {"a": 3}),
        ('{"a": <$.dynamodb.NewImage.tags.L[0].S>}', {"a": "x"}),
        ('{"a": <$.dynamodb.NewImage.tags.L.0.S>}', {"a": "x"}),
        ('{"a": <$.dynamodb.NewImage.tags>}', {"a": {"L": [{"S": "x"}]}}),
        ('{"\\"a": "<aws.pipes.pipe-name> <$.eventName>", "b": <$.count>}', {'"a': "events INSERT", "b": 3}),
        ('{"a": "<$.none.at.all>"}', {"a": ""}),
    ],
)
def test_reference_is_placed_as_json(template: str, expected: object) -> None:
    assert json.loads(render(template, RECORD, PIPE)) == expected


def test_missing_value_outside_quotes_breaks_the_document() -> None:
    assert render('{"a": <$.none>}', RECORD, PIPE) == '{"a": }'
