"""The contract's document lists every switch, and its examples are ones."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from deploy.government.conditions import Conditions
from deploy.government.faults import Content, Fault
from deploy.government.listing import Listing
from deploy.government.script import Script
from deploy.government.wire import Delivery

DOCUMENT = Path(__file__).resolve().parents[4] / "docs/GOVERNMENT-API.md"
SECTION = DOCUMENT.read_text("utf-8").partition("## The simulator's switches")[2]
EXAMPLES = re.findall(r"^\|[^|]+\| `(?:(conditions): )?(\{.*\})` \|$", SECTION, re.MULTILINE)


@pytest.mark.parametrize("kind", [Fault, Content, Delivery, Conditions, Listing])
def test_every_switch_is_listed(kind: type) -> None:
    names = {field.name for field in fields(kind)} - {"content", "delivery"}
    assert {name for name in names if f"`{name}`" not in SECTION} == set()


@pytest.mark.parametrize(("conditions", "example"), EXAMPLES)
def test_example_is_understood(conditions: str, example: str) -> None:
    switches = json.loads(example)
    Script().load({"conditions": switches} if conditions else {"faults": [switches]})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 8
