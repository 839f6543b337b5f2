"""The language of messages to people, at both doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from edu.http.language import language_of
from tests.unit.edu.http.doors import Sent, ask_api, ask_door

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("es-PE,es;q=0.9,en;q=0.8", "es"),
        ("qu, en;q=0.5", "en"),
        ("de", "es"),
        ("*", "es"),
        ("en;q=0", "es"),
        ("en;q=0.0, fr", "es"),
        ("es;q=0", "en"),
        ("es;q=0, *", "en"),
        ("es;q=0.0, en;q=0.1", "en"),
        ("es;q=0, en;q=0", "es"),
        ("en-US;q=0, en", "en"),
        ("en-US, en;q=0", "es"),
        ("fr, *;q=0.5, en;q=0.1", "es"),
        ("*;q=0", "es"),
        ("\x00;;q=x", "es"),
    ],
)
def test_language_is_the_best_of_ours(header: str, language: str) -> None:
    assert language_of(header) == language


@pytest.mark.parametrize(("header", "english"), [("en;q=0", False), ("es;q=0", True), ("es;q=0, en;q=0", False)])
def test_both_doors_and_the_pages_of_errors_speak_it(client: Client, header: str, english: bool) -> None:  # noqa: FBT001
    title = "Sign in first" if english else "Primero inicie sesión"
    sent = Sent(headers={"Authorization": "", "Accept-Language": header})
    for told in (ask_api(client, sent), ask_door(sent)):
        assert told.body["title"] == title
    missing = ask_api(client, Sent(path="/api/v1/nothing", headers={"Accept-Language": header}))
    assert missing.body["title"] == ("Not found" if english else "No se encuentra")


def test_language_chosen_at_the_console_comes_first(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert client.get("/admin/login/", headers={"Accept-Language": "es"}).headers["Content-Language"] == "en"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "tlh"
    assert client.get("/admin/login/", headers={"Accept-Language": "es"}).headers["Content-Language"] == "es"
