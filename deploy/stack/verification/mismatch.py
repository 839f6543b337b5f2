"""One thing that is not as the template says, and how such things are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Mismatch:
    """What was expected of a resource and what is really there."""

    resource: str
    aspect: str
    expected: object
    actual: object

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.resource}: {self.aspect}: expected {self.expected!r}, found {self.actual!r}"


def differences(resource: str, expected: Mapping[str, object], actual: Mapping[str, object]) -> list[Mismatch]:
    """A mismatch for each aspect of ``expected`` that ``actual`` lacks or has otherwise."""
    return [
        Mismatch(resource, aspect, value, actual.get(aspect))
        for aspect, value in expected.items()
        if actual.get(aspect) != value
    ]
