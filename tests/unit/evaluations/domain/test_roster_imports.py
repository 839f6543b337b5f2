"""What may follow what in an import's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from evaluations.domain.roster_imports import MAY_FOLLOW, ImportState, RosterImport

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HELD = RosterImport(
    import_id="i-1",
    state=ImportState.HELD,
    digest="d",
    salt="s",
    started_by="ana",
    started_at=NOW,
    updated_at=NOW,
    chunks=2,
)
_LIVES = {
    (ImportState.HELD, ImportState.APPLYING),
    (ImportState.HELD, ImportState.DISCARDED),
    (ImportState.APPLYING, ImportState.APPLIED),
    (ImportState.APPLYING, ImportState.OUTDATED),
    (ImportState.APPLIED, ImportState.UNDOING),
    (ImportState.UNDOING, ImportState.UNDONE),
}


def test_every_way_that_there_is_and_no_other() -> None:
    allowed = {(one, other) for one, following in MAY_FOLLOW.items() for other in following}
    assert allowed == _LIVES
    for one, other in set(product(ImportState, repeat=2)) - _LIVES:
        before = replace(HELD, state=one)
        with pytest.raises(ValueError, match="does not follow"):
            before.moved(other, NOW)


def test_each_move_is_a_version_and_says_who_decided() -> None:
    approved = HELD.moved(ImportState.APPLYING, NOW, by="luis", verified=False)
    assert (approved.version, approved.decided_by, approved.verified, approved.is_running) == (2, "luis", False, True)
    checked = approved.checked(NOW)
    assert (checked.version, checked.verified) == (3, True)
    assert checked.moved(ImportState.APPLIED, NOW).decided_by == "luis"
