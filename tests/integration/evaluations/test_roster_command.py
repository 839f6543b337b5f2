"""``manage.py import_school`` and ``import_roster``: what an operator sees, and what nobody does."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from edu.commands import CommandFailedError, NoSuchSchoolError, explain
from edu.errors import InvalidInputError
from edu.tenancy import enter_school
from evaluations import services, tasks
from evaluations.errors import PreviewOutdatedError
from evaluations.repository import roster
from tests.support.cloud import Cloud, acting_as
from tests.support.roster_sets import PASSWORD, RosterSet, zip_of
from tests.support.schools import import_school

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "Canarina"
AMBIGUOUS = "It may be one day or another; write it as 2026-11-23, or say the order of day and month"
RECORD: dict[str, Any] = {
    "name": "Escuela del Sur",
    "country": "CL",
    "time_zone": "America/Santiago",
    "locale": "es-CL",
    "scale": "1-7",
    "terms": [{"term_id": "2026-1", "name": "1", "starts_on": "2026-03-02", "ends_on": "2026-12-18", "closed": True}],
}


@pytest.fixture(autouse=True)
def operator(cloud: Cloud) -> Iterator[None]:
    """Sign as an operator does."""
    assert cloud.outputs
    with acting_as("operator"):
        yield


@pytest.fixture
def own(school_id: str, tmp_path: Path) -> str:
    """A school that was registered by its record alone."""
    path = tmp_path / "school.json"
    path.write_text(json.dumps(RECORD | {"school_id": school_id}))
    assert said("import_school", str(path), "--by", "ana") == [f"{school_id} terms=1"]
    return school_id


def said(*arguments: str) -> list[str]:
    written = io.StringIO()
    call_command(*arguments, stdout=written)
    return written.getvalue().splitlines()


def written(tmp_path: Path, made: RosterSet) -> str:
    path = tmp_path / f"{CANARY}.zip"
    path.write_bytes(zip_of(made.files()))
    return str(path)


def preview(own: str, path: str) -> tuple[list[str], str]:
    lines = said("import_roster", "preview", path, "--school", own)
    return lines, lines[-1].split()[1]


def test_school_is_loaded_seen_first_and_undone(own: str, tmp_path: Path) -> None:
    path = written(tmp_path, RosterSet())
    lines, digest = preview(own, path)
    assert "counts course.new=2 enrolment.new=6 section.new=2 student.new=3 teacher.new=1" in lines
    assert "notice users.csv:1:password: Passwords are not read, and stored nowhere (password_column)" in lines
    assert "new student:stu-000" in lines
    started, *progress = said("import_roster", "commit", path, "--school", own, "--digest", digest, "--by", "ana")
    import_id, state, by, *_counts = started.split()
    assert (state, by) == ("applying", "by=ana")
    assert progress[-1] == f"{import_id} applied parts=5/5"
    shown = said("import_roster", "status", "--school", own)
    assert shown[0].startswith(f"{import_id} applied by=ana ")
    undone = said("import_roster", "undo", "--school", own, "--import", import_id, "--by", "luis", "--reason", "error")
    assert undone[-1] == f"{import_id} undone parts=5/5"
    with enter_school(own):
        assert roster.list_sections(consistent=True) == []


def test_held_import_is_approved_or_discarded(own: str, tmp_path: Path) -> None:
    path = written(tmp_path, RosterSet())
    said("import_roster", "commit", path, "--school", own, "--digest", preview(own, path)[1], "--by", "ana")
    made = RosterSet()
    made.row("users.csv", "stu-000")["familyName"] = CANARY
    path = written(tmp_path, made)
    lines, digest = preview(own, path)
    assert "changed student:stu-000 family_name" in lines
    assert lines[-1] == f"digest {digest} held for student"
    commit = ("import_roster", "commit", path, "--school", own, "--digest", digest, "--by", "ana")
    [held] = said(*commit)
    assert held.split()[1:4] == ["held", "by=ana", "over=student"]
    decision = ("--school", own, "--import", held.split()[0], "--by", "luis")
    [discarded] = said("import_roster", "discard", *decision, "--reason", "no era ese")
    assert discarded.split()[1:4] == ["discarded", "by=ana", "decided=luis"]
    [held] = said(*commit)
    decision = ("--school", own, "--import", held.split()[0], "--by", "luis")
    assert said("import_roster", "approve", *decision, "--digest", digest)[-1].endswith(" applied parts=1/1")


def test_faults_are_told_in_a_line_each(own: str, tmp_path: Path) -> None:
    made = RosterSet()
    made.row("users.csv", "stu-001")["givenName"] = ""
    made.row("demographics.csv", "stu-001")["birthDate"] = "1/05/2015"
    shown = io.StringIO()
    with pytest.raises(CommandFailedError) as failed:
        call_command("import_roster", "preview", written(tmp_path, made), "--school", own, stdout=shown)
    assert explain(failed.value) == "failed: the files break rules in 2 places; nothing was written"
    assert shown.getvalue().splitlines() == [
        f"demographics.csv:3:birthDate: {AMBIGUOUS} (ambiguous_date)",
        "users.csv:4:givenName: Something must stand here (required)",
    ]
    path = written(tmp_path, made)
    with pytest.raises(CommandFailedError):
        call_command("import_roster", "preview", path, "--school", own, "--dates", "dmy", stdout=shown)


def test_commit_of_something_else_is_refused(own: str, tmp_path: Path) -> None:
    path = written(tmp_path, RosterSet())
    with pytest.raises(PreviewOutdatedError):
        said("import_roster", "commit", path, "--school", own, "--digest", "0" * 64, "--by", "ana")


@pytest.mark.parametrize("action", ["preview x.csv", "status", "resume --import x", "undo --import x --by a"])
def test_school_that_is_not_registered_is_refused(action: str) -> None:
    with pytest.raises(NoSuchSchoolError):
        said("import_roster", *action.split(), "--school", "nadie-9")


@pytest.mark.parametrize(
    "change", [{"scale": "nada"}, {"terms": 7}, {"country": CANARY}, {"school_id": "*"}, {"time_zone": "Luna/Mar"}]
)
def test_record_that_is_none_is_refused_without_its_words(
    school_id: str, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "school.json"
    path.write_text(json.dumps(RECORD | {"school_id": school_id} | change))
    with pytest.raises(InvalidInputError) as refused:
        said("import_school", str(path), "--by", "ana")
    assert CANARY not in explain(refused.value)
    path.write_bytes(b"\xff{")
    with pytest.raises(InvalidInputError):
        said("import_school", str(path), "--by", "ana")


def test_name_and_password_of_a_file_are_in_no_log_error_message_or_trail(
    own: str, cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(tasks.advance_import, "apply_async", lambda **sent: shown.append(repr(sent)))
    made = RosterSet(students=0)
    made.add_student("stu-7", CANARY, f"{CANARY}s", classes=("cls-mat",))
    made.add_student("stu-8", f"{CANARY} {chr(7)}", "x" * 200)
    made.row("users.csv", "stu-8")["identifier"] = CANARY
    shown: list[str] = []
    for _try in range(2):
        path = written(tmp_path, made)
        try:
            lines, digest = preview(own, path)
            shown += lines
            shown += said("import_roster", "commit", path, "--school", own, "--digest", digest, "--by", "ana")
            shown += said("import_roster", "status", "--school", own)
        except CommandFailedError as error:
            shown += [explain(error), repr(error.__cause__), repr(getattr(error.__cause__, "fields", ""))]
            made.leave("stu-8")
    with acting_as("worker"):
        tasks.advance_import(school_id=own, import_id=shown[-1].split()[0])
    with enter_school(own):
        assert roster.get_student("stu-7").given_name == CANARY
    everything = "\n".join([*shown, caplog.text])
    assert "import ended" in everything
    for secret in (CANARY, CANARY.casefold(), PASSWORD):
        assert secret not in everything
    for item in cloud.items_of(own):
        text = repr(item)
        assert PASSWORD not in text
        assert CANARY not in item["pk"]["S"] + item["sk"]["S"]
        if item["entity"]["S"] not in {"student", "roster_plan"}:
            assert CANARY not in text


def test_school_that_was_imported_before_keeps_its_terms(school_id: str, tmp_path: Path) -> None:
    school = import_school(school_id).school
    path = tmp_path / "school.json"
    record = RECORD | {"school_id": school_id, "name": "Otro nombre", "terms": []}
    path.write_text(json.dumps(record))
    assert said("import_school", str(path), "--by", "ana") == [f"{school_id} terms=0"]
    with enter_school(school_id):
        assert [term.term_id for term in services.list_terms()] == [term.term_id for term in school.terms]
