"""The Spanish texts: all there, none too many, compiled."""

from __future__ import annotations

import gettext
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.utils import translation

from deploy.translations.catalogue import make_mo, read_po
from tests.unit.edu.console.messages import ROOT, STOCK_MESSAGES, marked_messages

PO = ROOT / "edu" / "locale" / "es" / "LC_MESSAGES" / "django.po"
_VARIABLE = re.compile(r"%\(\w+\)s")


def test_compiled_catalogue_is_the_one_of_the_source() -> None:
    compiled = PO.with_suffix(".mo").read_bytes()
    assert compiled == make_mo(read_po(PO.read_text(encoding="utf-8"))), "run: manage.py compile_translations"


def test_every_message_has_a_spanish_text() -> None:
    assert marked_messages() - _messages() == set()


def test_no_text_is_left_of_a_message_that_is_gone() -> None:
    assert _messages() - marked_messages() - STOCK_MESSAGES.keys() == set()


@pytest.mark.parametrize(("message", "package"), STOCK_MESSAGES.items())
def test_stock_message_is_still_theirs_and_said_in_our_words(message: str, package: str) -> None:
    folder = Path(str(import_module(package).__file__)).parent / "locale"
    theirs = gettext.translation("django", folder, ["es"]).gettext(message)
    assert theirs != message, "no longer a message of theirs: remove it"
    with translation.override("es"):
        ours = translation.gettext(message)
    assert ours == read_po(PO.read_text(encoding="utf-8"))[message]
    assert ours != theirs


def test_no_text_is_empty() -> None:
    assert "" not in read_po(PO.read_text(encoding="utf-8")).values()


def test_texts_have_the_variables_of_their_messages() -> None:
    for message, text in read_po(PO.read_text(encoding="utf-8")).items():
        assert set(_VARIABLE.findall(message)) == set(_VARIABLE.findall(text)), message


def _messages() -> set[str]:
    return {part for message in read_po(PO.read_text(encoding="utf-8")) for part in message.split("\0") if part}
