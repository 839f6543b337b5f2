"""Removing what the lake has kept long enough, month by month, for good; what a legal hold covers stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.domain.datasets import Dataset, Month
from analytics.domain.retention import expired_months
from analytics.lake import layout, store
from edu import clock
from edu.erasure import holds
from edu.logs import get_logger
from edu.schools import list_schools
from edu.tenancy import enter_lake

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = get_logger(__name__)


@dataclass(frozen=True)
class ExpiredMonth:
    """A month of a dataset that is kept no longer, but for a hold: ``held_by`` names it (empty: none).

    ``versions`` counts its objects' versions and marks of deletion; ``size`` is their bytes.
    """

    dataset: Dataset
    month: Month
    versions: int
    size: int
    held_by: str = ""


def purge_expired(*, dry_run: bool = False) -> Iterator[ExpiredMonth]:
    """Remove every version of what the school in scope has in months past their time, and tell of each that had any.

    ``dry_run``: only tell. Holds are read anew before each month. Idempotent; a call a month to list, one for each
    1,000 versions to remove.

    Raises:
        AccessDeniedError, StoreUnavailableError, StoreError: see ``edu.dynamo.errors``; what was told is done.
    """
    for month in expired_months(clock.now()):
        for dataset in Dataset:
            with enter_lake():
                versions = list(store.list_versions(layout.month_folder(dataset, month)))
            if not versions:
                continue
            held_by = _hold_on(month)
            if not held_by and not dry_run:
                with enter_lake():
                    store.delete_versions(versions)
            size = sum(version.size for version in versions)
            found = ExpiredMonth(dataset, month, len(versions), size, held_by)
            if not dry_run:
                told = {"dataset": str(dataset), "month": str(month), "versions": len(versions), "bytes": size}
                _log.info("month purged" if not held_by else "month kept by a legal hold", held_by=held_by, **told)
            yield found


def schools_to_purge() -> list[str]:
    """Every registered school."""
    return [school.school_id for school in list_schools()]


def _hold_on(month: Month) -> str:
    return next((hold.hold_id for hold in holds.list_holds() if hold.covers_month(str(month))), "")
