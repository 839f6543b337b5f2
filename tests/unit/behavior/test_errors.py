"""Every rule has words, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from behavior import errors
from behavior.domain.events import BrokenRule, InvalidEventError
from deploy.translations.catalogue import read_po
from edu.errors import LibretaError
from edu.http import errors as http_errors

SPANISH = read_po((Path(settings.LOCALE_PATHS[0]) / "es" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8"))


def english(message: object) -> str:
    """A lazy message's source string."""
    args: tuple[str, ...] = message._args  # type: ignore[attr-defined]
    return args[0]


@pytest.mark.parametrize("rule", sorted(errors._MESSAGES))
def test_rule_is_told_in_spanish_too(rule: str) -> None:
    (told,) = errors.field_errors(InvalidEventError((BrokenRule("kind", rule),)), None)
    assert SPANISH[english(told.message)]


def test_error_titles_are_told_in_spanish_too() -> None:
    found = [*vars(errors).values(), *vars(http_errors).values()]
    ours = [kind for kind in found if isinstance(kind, type) and issubclass(kind, LibretaError)]
    assert len({kind.code for kind in ours}) >= 10
    for kind in ours:
        assert SPANISH[english(kind.title)]


@pytest.mark.parametrize(
    ("field", "position", "path"),
    [("kind", None, "kind"), ("kind", 3, "[3].kind"), ("", 3, "[3]"), ("", None, "")],
)
def test_field_is_told_with_its_place_in_the_list(field: str, position: int | None, path: str) -> None:
    (told,) = errors.field_errors(InvalidEventError((BrokenRule(field, "object"),)), position)
    assert told.field == path


def test_refused_character_is_named_since_who_sent_it_may_not_see_it() -> None:
    broken = BrokenRule("note", "text", "U+0007")
    with translation.override("es"):
        (told,) = errors.field_errors(InvalidEventError((broken,)), None)
        assert str(told.message) == "Envíe texto sin caracteres de control: U+0007"
