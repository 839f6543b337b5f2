"""What is None has no attribute in the table: a stored class whose field may be None must read back without it."""

from __future__ import annotations

import ast
import importlib
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
PACKAGES = ("edu", "evaluations", "behavior", "govsync", "analytics")


def _stored_classes() -> Iterator[type[Any]]:
    """Every class that some module reads with ``from_attributes``, as that module names it."""
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        names = {call.args[0].id for call in calls if _reads(call) and isinstance(call.args[0], ast.Name)}
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) if names else None
        yield from (getattr(module, name) for name in sorted(names) if hasattr(module, name))


def _reads(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "from_attributes"


CLASSES = sorted(set(_stored_classes()), key=lambda kind: kind.__qualname__)


def test_classes_are_found() -> None:
    assert {"Score", "Evaluation", "SyncRun", "AuditEntry"} <= {kind.__name__ for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__qualname__)
def test_field_that_may_be_none_has_a_default(kind: type[Any]) -> None:
    assert is_dataclass(kind)
    without = [one.name for one in fields(kind) if "None" in str(one.type) and one.default is MISSING]
    assert [name for name in without if kind.__dataclass_fields__[name].default_factory is MISSING] == []
