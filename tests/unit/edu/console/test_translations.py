"""The Spanish texts: all there, none too many, compiled."""

from __future__ import annotations

import gettext
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import get_resolver
from django.utils import translation
from rest_framework import serializers

from deploy.translations.catalogue import make_mo, read_po
from tests.unit.edu.console.messages import ROOT, STOCK_MESSAGES, UNTRANSLATED_MESSAGES, marked_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

PO = ROOT / "edu" / "locale" / "es" / "LC_MESSAGES" / "django.po"
_VARIABLE = re.compile(r"%\(\w+\)s")


def test_compiled_catalogue_is_the_one_of_the_source() -> None:
    compiled = PO.with_suffix(".mo").read_bytes()
    assert compiled == make_mo(read_po(PO.read_text(encoding="utf-8"))), "run: manage.py compile_translations"


def test_every_message_has_a_spanish_text() -> None:
    assert marked_messages() - _messages() == set()


def test_no_text_is_left_of_a_message_that_is_gone() -> None:
    assert _messages() - marked_messages() - STOCK_MESSAGES.keys() - UNTRANSLATED_MESSAGES.keys() == set()


@pytest.mark.parametrize(("message", "package"), STOCK_MESSAGES.items())
def test_stock_message_is_still_theirs_and_said_in_our_words(message: str, package: str) -> None:
    folder = Path(str(import_module(package).__file__)).parent / "locale"
    theirs = gettext.translation("django", folder, ["es"]).gettext(message)
    assert theirs != message, "no longer a message of theirs: remove it"
    with translation.override("es"):
        ours = translation.gettext(message)
    assert ours == read_po(PO.read_text(encoding="utf-8"))[message]
    assert ours != theirs


@pytest.mark.parametrize(("message", "package"), UNTRANSLATED_MESSAGES.items())
def test_stock_message_that_they_do_not_translate_is_said_in_spanish(message: str, package: str) -> None:
    folder = Path(str(import_module(package).__file__)).parent / "locale"
    assert gettext.translation("django", folder, ["es"]).gettext(message) == message, "theirs by now: is ours needed?"
    with translation.override("es"):
        assert translation.gettext(message) == read_po(PO.read_text(encoding="utf-8"))[message] != message


def _fields() -> Iterator[serializers.Field[Any, Any, Any, Any]]:
    """Every field that reads what a client sends, down to the items of lists."""
    for kind in _serializers():
        if kind.__module__.startswith(("edu.", "evaluations.", "behavior.")) and not kind.__name__.endswith("Output"):
            read = kind()
            yield read
            for field in read.fields.values():
                yield field
                if isinstance(field, serializers.ListField):
                    yield field.child


def _serializers(kind: type[Any] = serializers.Serializer) -> Iterator[type[Any]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _serializers(inner)


def _said(language: str) -> dict[tuple[str, str], str]:
    """What every field and validator may answer, made and said in this language."""
    with translation.override(language):
        said = {
            (type(field).__name__, code): str(text)
            for field in _fields()
            for code, text in field.error_messages.items()
        }
        for field in _fields():
            for rule in getattr(field, "validators", ()):
                said[type(rule).__name__, "validator"] = str(getattr(rule, "message", type(rule).__name__))
    return said


def test_whatever_a_field_may_answer_is_said_in_both_languages() -> None:
    assert get_resolver().url_patterns  # every view's serializers are known
    spanish, english = _said("es"), _said("en")
    assert {"ScoreInput", "IdField", "DecimalTextField", "LineField", "_PageQuery"} <= {name for name, _code in spanish}
    assert {key for key, text in spanish.items() if text == english[key]} == set()


def test_no_text_is_empty() -> None:
    assert "" not in read_po(PO.read_text(encoding="utf-8")).values()


def test_texts_have_the_variables_of_their_messages() -> None:
    for message, text in read_po(PO.read_text(encoding="utf-8")).items():
        assert set(_VARIABLE.findall(message)) == set(_VARIABLE.findall(text)), message


def _messages() -> set[str]:
    return {part for message in read_po(PO.read_text(encoding="utf-8")) for part in message.split("\0") if part}
