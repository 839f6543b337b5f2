"""A government that has a bad day for as long as the sync drill lasts, and every misbehaviour of the catalogue once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.integration.govsync.support import Government
from tests.support.misbehaviour import ANSWERS, DECISIONS, HABITS, PAGES, Switches

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

# Refusals that say in the agreed form that nothing was taken: with an effect they would be lies nobody can find out.
_AGREED = frozenset({400, 413, 422, 429, 503})
# What only says something of a batch that is sent; asked about one that it has, "never received" would be such a lie.
_OF_SENDING = frozenset({400, 404, 413, 422})
_STANDING = frozenset({"honours no key", "has a bad day"})  # all the time
_HABIT_S, _BETWEEN_HABITS_S = 6.0, 20.0


def chances(hang_s: float) -> list[Switches]:
    """30 % 503, 10 % with an effect and no answer, 5 % rejected in part, 2 % lies, and some 429."""
    return [
        {"share": 0.30, "on": "submit", "action": "status", "status": 503},
        {"share": 0.07, "on": "submit", "action": "drop", "effect": True},
        {"share": 0.03, "on": "submit", "action": "hang", "effect": True, "hold_s": hang_s},
        {"share": 0.05, "on": "submit", "action": "answer", "reject": 0.3},
        {"share": 0.02, "on": "submit", "action": "answer", "lose": 0.3},
        {"share": 0.03, "action": "status", "status": 429, "retry_after_s": 1},
    ]


def catalogue(dice: random.Random) -> list[Switches]:
    """Each fault of the catalogue once, in any order, on an operation that it may befall."""
    found = [_anywhere(switches, dice) for switches in ANSWERS.values()]
    found += [_decision(name, switches) for name, switches in DECISIONS.items()]
    found += [{**switches, "on": "held"} for switches in PAGES.values()]
    dice.shuffle(found)
    return found


def _anywhere(switches: Switches, dice: random.Random) -> Switches:
    status = switches.get("status") if not {"body", "raw"} & switches.keys() else None
    effect = {} if status in _AGREED else {"effect": dice.random() < 0.5}
    return {**switches, **effect, "on": "submit" if status in _OF_SENDING else "any"}


def _decision(name: str, switches: Switches) -> Switches:
    """One that says of a grade that it is rejected rejects it."""
    says_rejected = name.startswith("a reason") or name == "a grade decided both ways"
    return {**switches, "on": "submit", **({"reject": 0.001} if says_rejected else {})}


@dataclass
class BadDay:
    """What the simulator is told while the drill lasts. All instants are of the drill's steady clock."""

    government: Government
    base: Mapping[str, Any]
    waiting: list[Switches]
    every_s: float
    habits: list[tuple[str, Switches]] = field(default_factory=list)
    given: int = 0
    _next_at_s: float = 0.0
    _habit_ends_at_s: float | None = None
    _next_habit_at_s: float = _BETWEEN_HABITS_S

    def begin(self, first: Sequence[Switches]) -> None:
        """The standing conditions, and what is to happen before anything else."""
        self.government.set(**self.base)
        if first:
            self.government.fail_in_turn(list(first))

    def go_on(self, elapsed_s: float, *, is_open: bool) -> None:
        """The next fault, once its operation's last was met; a habit now and then. Nothing while the line is closed."""
        if self._habit_ends_at_s is not None and elapsed_s >= self._habit_ends_at_s:
            self.government.set(**self.base)
            self._habit_ends_at_s, self._next_habit_at_s = None, elapsed_s + _BETWEEN_HABITS_S
        if not is_open:
            return
        if self.habits and self._habit_ends_at_s is None and elapsed_s >= self._next_habit_at_s:
            _name, switches = self.habits.pop()
            self.government.set(**switches)
            self._habit_ends_at_s = elapsed_s + _HABIT_S
        if self.waiting and elapsed_s >= self._next_at_s and self._give_one():
            self._next_at_s = elapsed_s + self.every_s

    def _give_one(self) -> bool:
        """The next fault of an operation that none waits for."""
        unmet = self.government.waiting_faults()
        found = next((fault for fault in self.waiting if fault["on"] not in unmet), None)
        if found is not None:
            self.waiting.remove(found)
            self.government.fail_in_turn([found])
            self.given += 1
        return found is not None

    @property
    def is_over(self) -> bool:
        """Whether all that was to happen once has happened."""
        is_told = not self.waiting and not self.habits and self._habit_ends_at_s is None
        return is_told and not self.government.waiting_faults()


def standing(listing: Mapping[str, Any], *, hang_s: float, seed: int, outage: tuple[float, float]) -> dict[str, Any]:
    """The conditions that hold unless a habit is in force. ``outage``: in how many seconds, and for how many."""
    from_at = datetime.now(UTC) + timedelta(seconds=outage[0])
    to_at = from_at + timedelta(seconds=outage[1])
    return {
        "honour_key": False,
        "chances": chances(hang_s),
        "seed": seed,
        "listing": listing,
        "outages": [{"action": "refuse", "from_at": from_at.isoformat(), "to_at": to_at.isoformat()}],
        "decide": None,
        "answer_time_s": 0,
        "clock_offset_s": 0,
        "keys": None,
        "key_status": 401,
        "schema": {},
    }


def all_habits() -> list[tuple[str, Switches]]:
    """Every habit of the catalogue that does not hold all the time."""
    return [(name, switches) for name, switches in HABITS.items() if name not in _STANDING]
