"""Every action that the code can write into the audit trail has a name for people, registered once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import gettext_lazy

from edu.console.actions import action_name, capacity_name, register_actions, registered_actions
from tests.unit.edu.console.messages import PACKAGES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSED_ON = {"change.verb", "correction.verb"}  # a verb that another call below names

_VERBS = {  # call: entity, place
    "EvaluationChange": ("evaluation", 1),
    "ScoreChange": ("score", 1),
    "Correction": ("score", 3),
}


def _constants(node: ast.expr) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def _calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")), node


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return named[0] if named else call.args[position] if len(call.args) > position else None


def _actions_of(source: str) -> set[str]:
    found: set[str] = set()
    for name, call in _calls(source):
        action = _argument(call, "action", 99) if name == "add_entry" else None
        if action is not None and not isinstance(action, ast.JoinedStr):  # made of a verb, in audit_trail.add_entry
            found |= {text for text in _constants(action) if "." in text}
        entity, place = _VERBS.get(name, ("", 0))
        verb = _argument(call, "verb", place) if entity else None
        if verb is not None and ast.unparse(verb) not in _PASSED_ON:
            found |= {f"{entity}.{text}" for text in _constants(verb) if text}
            assert isinstance(verb, ast.Constant), ast.unparse(call)
    return found


def test_every_action_the_code_writes_has_a_name() -> None:
    written: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            written |= _actions_of(path.read_text(encoding="utf-8"))
    assert written == registered_actions().keys()


def test_action_registered_twice_is_refused_whole() -> None:
    before, name = registered_actions(), gettext_lazy("Score recorded")
    with pytest.raises(ImproperlyConfigured, match=r"score\.recorded"):
        register_actions({"score.new": name, "score.recorded": name})
    assert registered_actions() == before


def test_action_is_named_in_spanish_and_an_unknown_one_by_itself() -> None:
    with translation.override("es"):
        assert str(action_name("score.recorded")) == "Nota registrada"
        assert action_name("score.burnt") == "score.burnt"
        assert str(capacity_name("substitute")) == "Reemplazante"
        assert capacity_name("ghost") == "ghost"
