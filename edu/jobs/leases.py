"""Leases that no two clocks are compared for: who renews one writes a new beat, who wants it watches for one.

An instant in the table is of its writer's clock, and another machine's may be anywhere. So a lease ends for a watcher
only when it has itself seen the same beat for long enough, by its own steady clock (``edu.clock.elapsed_s``).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

RENEW_EVERY_S = 1.0
# Whoever holds a lease acts on it for so long after the beginning of its last renewal that succeeded.
HELD_S = 3.0
# Whoever saw it unchanged for so long may take it: by then its holder has not acted on it for three seconds.
TAKE_AFTER_S = 6.0


@dataclass
class Watch:
    """What this process has seen of others' leases."""

    _seen: dict[Hashable, tuple[Hashable, float]] = field(default_factory=dict)

    def unchanged_s(self, lease: Hashable, beat: Hashable, now_s: float) -> float:
        """How long the lease has stood at this beat, at least; to be called with a time after it was read."""
        seen, since_s = self._seen.get(lease, (None, now_s))
        if seen != beat:
            since_s = now_s
        self._seen[lease] = (beat, since_s)
        return now_s - since_s
