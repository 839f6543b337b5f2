"""An import of a school's roster: what it is to do, whether a person has to approve it, and how it ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self

DEFAULT_HOLD_PERCENT = 10


class ImportState(StrEnum):
    """Where an import stands. ``outdated``: approved, but the school had changed where it was to; it wrote nothing."""

    HELD = "held"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    OUTDATED = "outdated"
    UNDOING = "undoing"
    UNDONE = "undone"


MAY_FOLLOW: Mapping[ImportState, frozenset[ImportState]] = MappingProxyType(
    {
        ImportState.HELD: frozenset({ImportState.APPLYING, ImportState.DISCARDED}),
        ImportState.APPLYING: frozenset({ImportState.APPLIED, ImportState.OUTDATED}),
        ImportState.APPLIED: frozenset({ImportState.UNDOING}),
        ImportState.UNDOING: frozenset({ImportState.UNDONE}),
    }
)


@dataclass(frozen=True, kw_only=True)
class RosterImport:
    """An import as the school keeps it; ``version`` guards every write.

    ``digest`` is that of its preview. ``counts`` are the preview's, by ``<kind of record>.<what becomes of it>``;
    ``chunks`` is how many parts its plan has. ``over``: the kinds of record for which it was held. ``verified``: what
    stood when it was compared stood still when its turn came. ``started_by`` and ``decided_by`` are accounts' ids.
    """

    import_id: str
    state: ImportState
    digest: str
    salt: str
    started_by: str
    started_at: datetime
    updated_at: datetime
    chunks: int
    counts: Mapping[str, int] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    decided_by: str = ""
    verified: bool = True
    kept: int = 0
    version: int = 1

    def moved(self, state: ImportState, at: datetime, *, by: str = "", verified: bool = True, kept: int = 0) -> Self:
        """The next version, in another state.

        Raises:
            ValueError: that state does not follow this one.
        """
        if state not in MAY_FOLLOW.get(self.state, frozenset()):
            raise ValueError(f"{state} does not follow {self.state}")
        return replace(
            self,
            state=state,
            updated_at=at,
            decided_by=by or self.decided_by,
            verified=verified,
            kept=kept,
            version=self.version + 1,
        )

    def checked(self, at: datetime) -> Self:
        """The next version, once it is known that what it touches stands as it was compared."""
        return replace(self, verified=True, updated_at=at, version=self.version + 1)

    @property
    def is_running(self) -> bool:
        """Whether it is writing, or has to."""
        return self.state in {ImportState.APPLYING, ImportState.UNDOING}
