"""A process that imports a set, row by row, and ends itself with kill -9 at a row: ``python -m … <school> <row>``.

It goes on with what an earlier one had begun. At the first row it kills itself before the write, at the second after
it, and so on in turn.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

from tests.support.depth import depth

STUDENTS = depth(3, 12)


def main(school_id: str, row: int, *, after: bool) -> None:
    """Import up to the row."""
    django.setup()
    from edu.dynamo.transactions import Transaction  # noqa: PLC0415 - needs settings
    from edu.identity.principal import Principal, Role  # noqa: PLC0415
    from edu.tenancy import enter_school  # noqa: PLC0415
    from evaluations import services  # noqa: PLC0415
    from evaluations.repository import roster_imports  # noqa: PLC0415
    from evaluations.services.roster import applying, starting  # noqa: PLC0415
    from tests.support.roster_sets import RosterSet  # noqa: PLC0415

    rows = 0

    class Dying(Transaction):
        def commit(self) -> None:
            nonlocal rows
            rows += 1
            if after:
                super().commit()
            if rows == row:
                os.kill(os.getpid(), signal.SIGKILL)
            if not after:
                super().commit()

    starting._ACTIONS = 1
    applying_: Any = applying
    asked: Any = {
        "actor": Principal("ana", Role.SCHOOL_ADMIN, school_id),
        "files": RosterSet(students=STUDENTS).files(),
        "options": services.ImportOptions(),
    }
    with enter_school(school_id):
        import_id = roster_imports.get_head().running
        if not import_id:
            digest = services.preview_import(**asked).digest
            import_id = services.commit_import(**asked, digest=digest).import_id
        applying_.Transaction = Dying
        while services.advance_import(import_id=import_id).more:
            pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), after=sys.argv[3] == "after")
