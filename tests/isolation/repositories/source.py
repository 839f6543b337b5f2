"""What the source must not do: build a partition key, or sign with a scope's credentials, outside the adapter."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("edu", "evaluations", "behavior", "govsync", "analytics")
_PREFIXES = ("SCHOOL#", "PLATFORM#")
_MAY_BUILD = ("edu/dynamo/",)
_MAY_SIGN = (
    "edu/aws/",
    "edu/dynamo/",
    "edu/startup.py",
)  # the last builds the client and asks nothing


def faults() -> Iterator[str]:
    """Each place in the product's source that steps past the adapter."""
    for path in sorted(found for package in PACKAGES for found in (ROOT / package).rglob("*.py")):
        yield from _faults_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


@cache
def _faults_of(name: str, text: str) -> tuple[str, ...]:
    return tuple(_find_faults(name, ast.parse(text)))


def _find_faults(name: str, tree: ast.AST) -> Iterator[str]:
    described = {id(text) for text in _descriptions(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            if node.value.startswith(_PREFIXES) and not name.startswith(_MAY_BUILD):
                yield f"{name} builds the partition key {node.value!r} by itself"
        elif _asks_for_table(node) and not name.startswith(_MAY_SIGN):
            yield f"{name} talks to DynamoDB by itself"


def _descriptions(tree: ast.AST) -> Iterator[ast.Constant]:
    """The docstrings, which may name keys."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _asks_for_table(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "scoped_client"):
        return False
    return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == "dynamodb"
