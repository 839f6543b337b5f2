"""An export moves from version to version; a zip is kept for a week, and what nobody moves has failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics.domain.exports import KEPT_FOR, STALLED, STALLED_AFTER, ExportState, SchoolExport
from edu.queues import ANALYTICS

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ORDERED = SchoolExport(
    export_id="20261130-080000-00000000",
    state=ExportState.QUEUED,
    version=1,
    salt="0",
    ordered_by="ana",
    ordered_as="school_admin",
    ordered_at=NOW,
    updated_at=NOW,
)
READY = ORDERED.progressed(0, 3, NOW).ready(size_bytes=10, sha256="ab", at=NOW)


def test_each_move_is_the_next_version() -> None:
    running = ORDERED.progressed(1, 3, NOW + timedelta(seconds=5))
    assert (running.state, running.done, running.total, running.version) == (ExportState.RUNNING, 1, 3, 2)
    assert (READY.state, READY.done, READY.total, READY.version) == (ExportState.READY, 3, 3, 3)
    failed = running.failed("forbidden", NOW)
    assert (failed.state, failed.error_code, failed.version) == (ExportState.FAILED, "forbidden", 3)
    assert READY.erased(NOW).state is ExportState.ERASED


def test_zip_is_kept_for_a_week() -> None:
    assert READY.kept_until == NOW + KEPT_FOR
    assert READY.seen_at(NOW + KEPT_FOR - timedelta(microseconds=1)) == READY
    assert READY.seen_at(NOW + KEPT_FOR) == replace(READY, state=ExportState.EXPIRED)
    assert READY.seen_at(NOW + KEPT_FOR).kept_until is None


@pytest.mark.parametrize("export", [ORDERED, ORDERED.progressed(1, 3, NOW)])
def test_what_nobody_moves_has_failed(export: SchoolExport) -> None:
    assert export.seen_at(NOW + STALLED_AFTER) == export
    late = export.seen_at(NOW + STALLED_AFTER + timedelta(seconds=1))
    assert (late.state, late.error_code) == (ExportState.FAILED, STALLED)


def test_ended_export_never_stalls() -> None:
    for ended in (READY, READY.erased(NOW), ORDERED.failed("forbidden", NOW)):
        assert not ended.is_open
        assert not ended.is_stalled(NOW + timedelta(days=300))


def test_export_is_not_given_up_while_its_message_may_still_come() -> None:
    deliveries_s = ANALYTICS.max_receives * ANALYTICS.visibility_timeout_s
    assert timedelta(seconds=deliveries_s) < STALLED_AFTER
