"""What the lake holds that an erasure removes: exports and query results, which may name the student, for good.

The lake's own rows stay: without the student's key nothing leads from them to the student (``edu.pseudonyms``), and
what they count stays right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.lake import layout, store
from analytics.services.exporting.ordering import erase_exports
from edu.erasure.parts import Part, register_part
from edu.erasure.records import find_erasure
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_lake

if TYPE_CHECKING:
    from collections.abc import Callable


def _erased(folder: Callable[[], str]) -> Callable[[str], int]:
    """Remove every version of everything in the school's folder, whoever it is about: nobody knows who is in it."""

    def erase(_student_id: str) -> int:
        with enter_lake():
            versions = list(store.list_versions(folder()))
            store.delete_versions(versions)
        return len(versions)

    return erase


def _found(folder: Callable[[], str]) -> Callable[[str], int]:
    def find(_student_id: str) -> int:
        with enter_lake():
            return sum(1 for _ in store.list_versions(folder()))

    return find


def _erase_exports(student_id: str) -> int:
    """Say of each export that it was erased, in the name of who ordered the erasure; then every version of each."""
    erasure = find_erasure(student_id)
    ordered_by = erasure.ordered_by if erasure else ""
    erase_exports(actor=Principal(ordered_by, Role.PLATFORM_OPERATOR, None))
    return _erased(layout.exports_folder)(student_id)


def register() -> None:
    """Tell it, once, as the app is loaded. An export that was being made meanwhile may hold what was read before."""
    exports, results = _found(layout.exports_folder), _found(layout.results_folder)
    register_part(Part("60-exports", _erase_exports, exports))
    register_part(Part("70-results", _erased(layout.results_folder), results))
    register_part(Part("92-late-exports", _erase_exports, exports, late=True))
    register_part(Part("93-late-results", _erased(layout.results_folder), results, late=True))
