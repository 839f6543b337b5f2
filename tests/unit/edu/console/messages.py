"""What the product says to people: the strings in its sources that are marked for translation."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
PACKAGES = ("edu", "evaluations", "behavior", "govsync", "analytics")
_MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
_TRANSLATE = re.compile(r"""{%\s*translate\s+("([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(r"{%\s*blocktranslate\b([^%]*)%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
_PLURAL = re.compile(r"{%\s*plural\s*%}")
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")


# Messages of Django and Django REST framework that our catalogue translates otherwise, and whose they are.
STOCK_MESSAGES = {
    "Add link": "django.contrib.admin",
    "Change or view list link": "django.contrib.admin",
    "View": "django.contrib.admin",
    "View %s": "django.contrib.admin",
    "%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?": "django.contrib.admin",  # noqa: RUF001 - theirs
    "Invalid data. Expected a dictionary, but got {datatype}.": "rest_framework",
    "Date has wrong format. Use one of these formats instead: {format}.": "rest_framework",
}

# Messages of theirs that their own catalogue says in English alone.
UNTRANSLATED_MESSAGES = {"Surrogate characters are not allowed: U+{code_point:X}.": "rest_framework"}


def marked_messages() -> set[str]:
    """Every message of the product's own code and templates."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found |= set(_of_code(path.read_text(encoding="utf-8")))
        for path in (ROOT / package).rglob("*.html"):
            found |= set(_of_template(path.read_text(encoding="utf-8")))
    return found


def _of_code(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKERS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _of_template(source: str) -> Iterator[str]:
    for match in _TRANSLATE.finditer(source):
        yield match[2] if match[2] is not None else match[3]
    for options, body in _BLOCK.findall(source):
        for form in _PLURAL.split(body):
            text = _VARIABLE.sub(r"%(\1)s", form)
            yield " ".join(text.split()) if "trimmed" in options else text
