"""Legal holds and the lake: what a hold covers is copied, for the bucket's own rules know no holds.

holds/school=<id>/<hold>/<the object's own key>
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from analytics.domain.datasets import FIRST_YEAR, Dataset, Month
from analytics.domain.retention import expired_months
from analytics.lake import layout, store
from edu import clock
from edu.erasure import holds
from edu.tenancy import enter_lake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.erasure.holds import LegalHold
    from edu.identity.principal import Principal

_UNSETTLED_FOR = timedelta(days=2)


def place_hold(
    *, actor: Principal, reason: str, student_id: str = "", first: str = "", last: str = ""
) -> tuple[LegalHold, int]:
    """Place a hold, and copy the lake's objects of the months that it covers; returns how many there are.

    If that is interrupted, the hold stands all the same, and the next night copies what is missing.

    Raises:
        InvalidHoldError: see ``edu.erasure.holds.place_hold``.
        AccessDeniedError, StoreUnavailableError, StoreError: see ``edu.dynamo.errors``.
    """
    hold = holds.place_hold(actor=actor, reason=reason, student_id=student_id, first=first, last=last)
    return hold, _preserve(hold, _all_months())


def release_hold(*, actor: Principal, hold_id: str, reason: str) -> LegalHold:
    """Release a hold, and remove every version of what was copied for it. If interrupted, the next night does.

    Raises:
        HoldNotFoundError: no such hold stands.
        InvalidHoldError: there is no reason.
    """
    released = holds.release_hold(actor=actor, hold_id=hold_id, reason=reason)
    _remove_copies(released)
    return released


def settle_holds() -> None:
    """Complete what was interrupted, and copy what came into held months since, before the bucket's rules remove it.

    A new hold's months whole, an older one's past their time; copies of released holds go. Idempotent.
    """
    now = clock.now()
    for hold in holds.list_holds():
        if not hold.stands:
            _remove_copies(hold)
        else:
            _preserve(hold, _all_months() if now - hold.placed_at < _UNSETTLED_FOR else expired_months(now))


def _preserve(hold: LegalHold, months: Iterable[Month]) -> int:
    """Copy what is not there yet, or was written anew since; returns how many objects the months have."""
    folder, found = _folder(hold), 0
    with enter_lake():
        there = {copied.key: copied for copied in store.list_folder(folder)}
        for month in months:
            if not hold.covers_month(str(month)):
                continue
            for dataset in Dataset:
                for stored in list(store.list_folder(layout.month_folder(dataset, month))):
                    found += 1
                    copied = there.get(folder + stored.key)
                    if not copied or copied.size != stored.size or copied.modified_at <= stored.modified_at:
                        store.copy_object(stored.key, folder + stored.key)
    return found


def _remove_copies(hold: LegalHold) -> None:
    with enter_lake():
        store.delete_versions(list(store.list_versions(_folder(hold))))


def _folder(hold: LegalHold) -> str:
    return f"{layout.holds_folder()}{hold.hold_id}/"


def _all_months() -> tuple[Month, ...]:
    now = clock.now()
    return Month.between(Month(FIRST_YEAR, 1), Month(now.year, now.month))
