"""The catalogue of kinds of events: what each is, who may report it, and what the class book asks with it.

Categories follow what Chile's Superintendencia de Educación asks of a class book (Resolución Exenta 30 of 2021, the
circular on records that schools keep): attendance, negative and positive notes on a student, summons of guardians and
disciplinary measures; a note or measure names the article of the school's own rules (reglamento interno) that it stands
on, and how serious it is. Beside them stands what only a device tells. A school may use fewer (ADR 0026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Category(StrEnum):
    """What a kind is about."""

    DEVICE_ACTIVITY = "device_activity"
    PARTICIPATION = "participation"
    WELLBEING = "wellbeing"
    ATTENDANCE = "attendance"
    NOTE = "note"
    GUARDIAN = "guardian"
    MEASURE = "measure"


class Reporter(StrEnum):
    """Who may report a kind: the student's own device, or the school's staff."""

    DEVICE = "device"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind. ``has_article``, ``has_severity``: the class book asks for the article of the rules, and how serious."""

    name: str
    category: Category
    reporters: tuple[Reporter, ...]
    has_article: bool = False
    has_severity: bool = False


@dataclass(frozen=True, slots=True)
class KindSwitches:
    """The kinds that a school does not use, each with since when; ``version`` 0 is a school that never chose."""

    off: Mapping[str, datetime]
    version: int = 0
    salt: str = ""

    def is_off(self, kind: str, arrived_at: datetime) -> bool:
        """Whether the school used the kind no more when the event arrived."""
        since = self.off.get(kind)
        return since is not None and arrived_at >= since


def _kinds(
    category: Category, *names: str, by: tuple[Reporter, ...], article: bool = False, severity: bool = False
) -> list[Kind]:
    return [
        Kind(name=name, category=category, reporters=by, has_article=article, has_severity=severity) for name in names
    ]


_DEVICE, _STAFF = (Reporter.DEVICE,), (Reporter.STAFF,)
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *_kinds(
            Category.DEVICE_ACTIVITY,
            *("screen_time", "app_opened", "task_opened", "task_done"),
            by=_DEVICE,
        ),
        *_kinds(
            Category.PARTICIPATION,
            *("participation", "question", "group_work"),
            by=_DEVICE + _STAFF,
        ),
        *_kinds(Category.WELLBEING, "mood", "help_request", by=_DEVICE),
        *_kinds(Category.ATTENDANCE, "check_in", by=_DEVICE),
        *_kinds(Category.ATTENDANCE, "late", by=_DEVICE + _STAFF),
        *_kinds(Category.ATTENDANCE, "absent", "left_early", "absence_excused", by=_STAFF),
        *_kinds(Category.NOTE, "positive_note", by=_STAFF, article=True),
        *_kinds(Category.NOTE, "negative_note", by=_STAFF, article=True, severity=True),
        *_kinds(Category.GUARDIAN, "guardian_summons", by=_STAFF, article=True),
        *_kinds(
            Category.MEASURE,
            *("written_warning", "suspension", "conditional_enrolment", "expulsion"),
            by=_STAFF,
            article=True,
            severity=True,
        ),
    )
}
DEVICE_KINDS = frozenset(name for name, kind in KINDS.items() if Reporter.DEVICE in kind.reporters)


def category_of(kind: str) -> Category | None:
    """The category of a stored event's kind; none for one from before there was a catalogue."""
    found = KINDS.get(kind)
    return found.category if found else None
