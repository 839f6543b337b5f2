"""Every subject of the audit trail is one that copies know, or one that is passed over on purpose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from edu.tenancy import enter_school
from evaluations.domain.copies import IDS, CopiedKind, CopiedName
from evaluations.services.copies.subjects import KNOWN, PASSED_OVER, import_of, name_of

_PACKAGES = ("edu", "evaluations", "behavior", "govsync", "analytics")
_SUBJECT = re.compile(r"""(?:subject=|return )f"([a-z_]+):\{""")


def _written() -> set[str]:
    """What code calls the records of its audit entries, read from the modules that add some."""
    sources = [path for package in _PACKAGES for path in Path(settings.BASE_DIR, package).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    return {name for text in texts if "add_entry(" in text for name in _SUBJECT.findall(text)}


def test_no_subject_is_passed_over_by_chance() -> None:
    written = _written()
    assert {"evaluation", "score", "import", "school", "term", "sync_run"} <= written, "the search finds what is there"
    assert written - KNOWN - PASSED_OVER == set(), "say what is to become of these in evaluations.services.copies"
    assert KNOWN.isdisjoint(PASSED_OVER)


@pytest.mark.parametrize("entity", sorted(PASSED_OVER))
def test_what_is_about_no_record_is_passed_over(entity: str) -> None:
    assert name_of(f"{entity}:x") is None
    assert import_of(f"{entity}:x") == ""


@pytest.mark.parametrize(
    ("subject", "kind", "ids"),
    [
        ("evaluation:e1", CopiedKind.EVALUATION, ("e1",)),
        ("score:e1:s1", CopiedKind.SCORE, ("e1", "s1")),
        ("section:mat-5a", CopiedKind.SECTION, ("mat-5a",)),
        ("student:s1", CopiedKind.STUDENT, ("s1",)),
        ("enrolment:mat-5a:s1", CopiedKind.ENROLMENT, ("mat-5a", "s1")),
        ("school:norte", CopiedKind.SCHOOL, ("norte",)),
        ("term:2026-s1", CopiedKind.SCHOOL, ("norte",)),
    ],
)
def test_subject_names_a_record(subject: str, kind: CopiedKind, ids: tuple[str, ...]) -> None:
    with enter_school("norte"):
        assert name_of(subject) == CopiedName(kind, ids)
    assert import_of(subject) == ""


def test_import_is_of_many_records() -> None:
    assert import_of("import:20261129-100000-0a1b2c3d") == "20261129-100000-0a1b2c3d"
    assert name_of("import:20261129-100000-0a1b2c3d") is None


def test_every_kind_is_named_by_ids() -> None:
    assert IDS.keys() == set(CopiedKind)
    assert CopiedName(CopiedKind.SCORE, ("e1", "s1")).by_name() == {"evaluation_id": "e1", "student_id": "s1"}
