"""Which groups are too small to be compared: what would tell of few people is not shown, nor what would give it away.

A group of fewer than ``MINIMUM`` people is hidden. Whoever knows what a group and its shown parts say can subtract, so
more is hidden until what is left over is of nobody or of ``MINIMUM`` people at least; a part of a hidden group is
hidden, for parts add up to it. So any sum and difference of what is shown, in one answer or in the answers by
section, by course and of the whole school taken together, is of nobody or of that many people.

Sections share students, so one section may be another without a few of its students. ``apart`` hides the smaller one of
such a pair. What a cleverer sum of several overlapping sections would tell is not looked for.

Not protected: what a group of enough people has in common (if all of them fail, each does); what two answers of
different days say, between which a student came; what somebody knows besides. People are counted by their places: a
student in two sections is two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINIMUM: Final = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Some people, e.g. a section, as a part of a larger group, e.g. its course."""

    key: str
    parent: str
    people: int


def shown(groups: Iterable[Group], *, minimum: int = MINIMUM) -> frozenset[tuple[str, str]]:
    """The parents and keys of the groups that may be shown, where the parents and the whole may be asked for, too."""
    by_parent: dict[str, dict[str, int]] = {}
    for group in groups:
        parts = by_parent.setdefault(group.parent, {})
        parts[group.key] = parts.get(group.key, 0) + group.people
    totals = {parent: sum(parts.values()) for parent, parts in by_parent.items()}
    if sum(totals.values()) < minimum:
        return frozenset()
    parents = kept(totals, minimum=minimum)
    return frozenset((parent, key) for parent in parents for key in kept(by_parent[parent], minimum=minimum))


def kept(people: Mapping[str, int], *, minimum: int = MINIMUM) -> frozenset[str]:
    """Of the parts of one whole, those that may be shown beside it: as few as can be are hidden, always the same."""
    ranked = sorted((count, key) for key, count in people.items() if count)
    hidden = [(count, key) for count, key in ranked if count < minimum]
    left = ranked[len(hidden) :]
    while hidden and left and sum(count for count, _ in hidden) < minimum:
        hidden.append(left.pop(0))
    return frozenset(key for _, key in left)


def apart(groups: Mapping[str, frozenset[str]], *, minimum: int = MINIMUM) -> frozenset[str]:
    """Of groups that share people, those of which none is another that is shown but for a few people."""
    chosen: dict[str, frozenset[str]] = {}
    for key in sorted(groups, key=lambda one: (-len(groups[one]), one)):
        people = groups[key]
        larger = (other for other in chosen.values() if people < other)
        if len(people) >= minimum and all(len(other - people) >= minimum for other in larger):
            chosen[key] = people
    return frozenset(chosen)
