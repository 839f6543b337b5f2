"""What is JSON and what is not (RFC 8259): the same verdict at the API and at the event door, text by text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from behavior.door.application import MAX_BODY_BYTES
from behavior.errors import ONE_EVENT_OR_A_LIST
from tests.support.json_texts.accepted import ACCEPTED
from tests.support.json_texts.chosen import CHOSEN
from tests.support.json_texts.refused import REFUSED
from tests.unit.edu.http.doors import Sent, ask_api, ask_door

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.unit.edu.http.doors import Told

CHOSEN_VERDICTS = {name: taken for name, (_text, taken) in CHOSEN.items()}
TEXTS = {**ACCEPTED, **REFUSED, **{name: text for name, (text, _taken) in CHOSEN.items()}}
VERDICTS = dict.fromkeys(ACCEPTED, True) | dict.fromkeys(REFUSED, False) | CHOSEN_VERDICTS


@pytest.fixture(autouse=True)
def _unlimited() -> Iterator[None]:
    with override_settings(REFUSED_KIB_A_MINUTE=10**9):
        yield


def _reason(told: Told) -> str:
    """Why the body was not read as JSON; empty when it was, whatever was said of what it holds."""
    if told.body.get("code") != "malformed_body":
        return ""
    detail: str = told.body["detail"]
    return "" if detail == str(ONE_EVENT_OR_A_LIST) else detail


@pytest.mark.parametrize("name", TEXTS)
def test_verdict_is_the_same_at_both_doors(client: Client, name: str) -> None:
    sent = Sent(body=TEXTS[name], headers={"Accept-Language": "es"})
    api, door = ask_api(client, sent), ask_door(sent)
    reasons = [_reason(told) for told in (api, door)]
    assert [reason == "" for reason in reasons] == [VERDICTS[name]] * 2
    assert reasons[0] == reasons[1]
    assert api.status in {200, 202, 400, 422}
    assert door.status in {400, 422}


def test_nothing_at_all_is_no_json_at_the_door_and_no_body_at_the_api(client: Client) -> None:
    """Where the API's contract wants no body, none is what to send."""
    assert _reason(ask_door(Sent(body=b"")))
    assert ask_api(client, Sent(body=b"")).status == 202


def test_texts_are_their_kinds_by_the_standard_library_too() -> None:
    for text in ACCEPTED.values():
        json.loads(text.decode(), parse_constant=pytest.fail)
    assert [name for name, text in REFUSED.items() if _is_json(text)] == []
    assert max(map(len, TEXTS.values())) < MAX_BODY_BYTES


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text.decode(), parse_constant=_no_constant)
    except ValueError:
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)
