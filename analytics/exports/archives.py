"""The zip of an export: every file, and before them a manifest that says what each is.

The files' entries have no time of their own, so that equal files are equal entries.
"""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING, Final

import msgspec

from analytics.domain.exported import EXPORT_VERSION
from analytics.domain.schemas import SCHEMA_VERSION
from edu.dynamo.mapping import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from analytics.exports.parts import Part

MANIFEST: Final = "manifest.json"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o644 << 16
_PARQUET: Final = ".parquet"


def write_archive(path: Path, parts: Iterable[Part], *, school_id: str, export_id: str, made_at: datetime) -> None:
    """Zip the parts, by name. Parquet files are stored as they are: they are compressed already."""
    ordered = sorted(parts, key=lambda part: part.name)
    manifest = {
        "school_id": school_id,
        "export_id": export_id,
        "made_at": instant_text(made_at),
        "versions": {"export": EXPORT_VERSION, "oneroster": "1.2", "lake": SCHEMA_VERSION},
        "files": [
            {"name": part.name, "bytes": part.size, "rows": part.rows, "sha256": part.sha256} for part in ordered
        ],
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)))
        for part in ordered:
            entry = _entry(part.name)
            entry.file_size = part.size  # by it the module knows whether the entry needs the form of large files
            with part.path.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PARQUET) else zipfile.ZIP_DEFLATED
    entry.external_attr = _READABLE
    return entry
