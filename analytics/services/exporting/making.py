"""Making an export: its files into a folder, one zip of them, and that into the lake under its name at last.

Killed at any step it is begun again from the start: nothing of a try is seen by anybody before the zip stands whole,
and the record says ``ready`` only after that. A zip has its own hash in its name, so that of two workers none can put
another in the place of the one that the record names.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analytics.domain.exports import ExportState, SchoolExport
from analytics.errors import ExportMovedError
from analytics.exports.archives import write_archive
from analytics.exports.gathering import write_parts
from analytics.exports.parts import digest_of
from analytics.exports.workspaces import workspace
from analytics.lake import store
from analytics.permissions import EXPORT_SCHOOL
from analytics.repository import exports
from analytics.services.exporting import audit_trail
from analytics.services.exporting.ordering import new_export
from analytics.services.exporting.places import CONTENT_TYPE, key_of, zips_of
from edu import clock
from edu.dynamo.transactions import Transaction
from edu.errors import LibretaError
from edu.identity.capabilities import require
from edu.identity.principal import Principal, Role
from edu.logs import get_logger
from edu.tenancy import current_school_id, enter_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TOLD_EVERY_S: Final = 5.0  # how far it has come is written no more often
_log = get_logger(__name__)


def make_export(*, export_id: str) -> None:
    """Make an export that was ordered, under the rights of who ordered it. Idempotent; for a worker.

    One that is not open needs nothing but that no other zip of it is left. Where it cannot be made, its record says so.

    Raises:
        ExportNotFoundError: there is no such order.
        LibretaError: one that may pass: try again (its message comes again).
    """
    export = exports.get_export(export_id)
    if not export.is_open:
        _tidy_up(export_id)
        return
    actor = Principal(export.ordered_by, Role(export.ordered_as), current_school_id())
    made = _Making(actor, export)
    try:
        require(actor, EXPORT_SCHOOL)
        made.make()
    except ExportMovedError:
        _log.info("another worker moved the export", export_id=export_id)
    except LibretaError as error:
        if error.retryable:
            raise
        _log.exception("export failed", export_id=export_id, code=error.code)
        made.fail(error.code)
    _tidy_up(export_id)


def export_to_file(*, actor: Principal, path: Path) -> SchoolExport:
    """Make an export of the school in scope here and now, into a file that is not there yet; it is audited.

    Raises:
        ForbiddenError: the actor may not.
        FileExistsError: there is such a file.
        LibretaError: see ``make_export``; no file is left.
    """
    require(actor, EXPORT_SCHOOL)
    made_at = clock.now()
    export = new_export(actor, made_at).progressed(0, 1, made_at)
    with workspace() as folder, path.open("xb") as target:
        try:
            zipped = _zip(actor, export, folder, lambda _done, _total: None)
            with zipped.open("rb") as source:
                while chunk := source.read(1024 * 1024):
                    target.write(chunk)
            done = export.ready(size_bytes=zipped.stat().st_size, sha256=digest_of(zipped), at=clock.now())
            transaction = Transaction()
            audit_trail.add_end(transaction, actor=actor, before=export, after=done)
            transaction.commit()
        except BaseException:
            path.unlink()
            raise
    return done


def _tidy_up(export_id: str) -> None:
    """Let no zip be left of an export but the one that its record names, once nobody makes it any more."""
    export = exports.get_export(export_id)
    if export.is_open:
        return
    named = key_of(export_id, export.sha256) if export.state is ExportState.READY else ""
    with enter_lake():
        found = [one.key for one in store.list_folder(zips_of(export_id))]
        store.delete_objects([key for key in found if key != named])


@dataclass
class _Making:
    """An export on its way; ``export`` is the version that this worker wrote last."""

    actor: Principal
    export: SchoolExport
    told_at: float = -_TOLD_EVERY_S

    def make(self) -> None:
        """All of it. Raises ExportMovedError when somebody else has moved it."""
        with workspace() as folder:
            self.tell(0, self.export.total)
            zipped = _zip(self.actor, self.export, folder, self.tell)
            size, sha256 = zipped.stat().st_size, digest_of(zipped)
            with enter_lake():
                store.put_file(key_of(self.export.export_id, sha256), zipped, content_type=CONTENT_TYPE)
        self._end(self.export.ready(size_bytes=size, sha256=sha256, at=clock.now()))

    def fail(self, code: str) -> None:
        """Say that it will not be made."""
        self._end(self.export.failed(code, clock.now()))

    def tell(self, done: int, total: int) -> None:
        """Write how far it has come: at most every few seconds, so a school of many sections costs few writes."""
        now = time.monotonic()
        if now - self.told_at < _TOLD_EVERY_S and done != total:
            return
        self.told_at = now
        following = self.export.progressed(done, total, clock.now())
        transaction = Transaction()
        exports.add_next(transaction, following)
        transaction.commit()
        self.export = following

    def _end(self, after: SchoolExport) -> None:
        transaction = Transaction()
        exports.add_closing(transaction, after)
        audit_trail.add_end(transaction, actor=self.actor, before=self.export, after=after)
        transaction.commit()
        self.export = after


def _zip(actor: Principal, export: SchoolExport, folder: Path, progress: Callable[[int, int], None]) -> Path:
    """The export's zip in the folder."""
    files = folder / "files"
    files.mkdir()
    parts = write_parts(actor=actor, folder=files, progress=progress)
    zipped = folder / "export.zip"
    write_archive(zipped, parts, school_id=current_school_id(), export_id=export.export_id, made_at=export.updated_at)
    return zipped
