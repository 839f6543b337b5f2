"""What people are told of an export's columns is what its files have."""

from __future__ import annotations

import re
from pathlib import Path

from analytics.domain.exported import ABSENT, ONEROSTER, PARQUET

DOCS = Path(__file__).parents[4] / "docs/EXPORTS.md"


def test_document_names_every_column_of_the_parquet_files_in_order() -> None:
    text = DOCS.read_text(encoding="utf-8").partition("## Parquet")[2]
    for name, columns in PARQUET.items():
        title = name.rpartition("/")[2].removesuffix(".parquet")
        [line] = re.findall(rf"^\| `{title}` \| (.*) \|$", text, re.MULTILINE)
        told = re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", line))
        assert told == [column.name for column in columns]


def test_no_file_of_the_standard_is_both_there_and_absent() -> None:
    names = {name.removesuffix(".csv") for name in ONEROSTER}
    assert not names & set(ABSENT)
    assert all(columns[:3] == ("sourcedId", "status", "dateLastModified") for columns in ONEROSTER.values())
