"""What is past its time goes with all its versions; what a legal hold covers stays, and is copied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from analytics import tasks
from analytics.services import holding, purging
from edu import audit, clock
from edu.aws.credentials import CredentialsUnavailableError
from edu.erasure import holds
from edu.erasure.errors import HoldNotFoundError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

OPERATOR = Principal("op-1", Role.PLATFORM_OPERATOR, None)
NOW = datetime(2027, 4, 2, tzinfo=UTC)
EXPIRED, LAST_EXPIRED, KEPT = (2024, 1), (2024, 3), (2024, 4)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with acting_as("operator"):
        yield


def _key(school_id: str, month: tuple[int, int], name: str, dataset: str = "events") -> str:
    return f"{dataset}/year={month[0]}/month={month[1]:02d}/school={school_id}/{name}"


def _put(cloud: Cloud, key: str, *bodies: bytes) -> None:
    for body in bodies:
        cloud.root("s3").put_object(Bucket=cloud.outputs["LakeBucket"], Key=key, Body=body)


def _versions(cloud: Cloud, part: str) -> list[str]:
    """Keys of every version and mark of deletion of a school."""
    pages = cloud.root("s3").get_paginator("list_object_versions").paginate(Bucket=cloud.outputs["LakeBucket"])
    found = [one["Key"] for page in pages for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, [])]
    return sorted(key for key in found if f"/{part}/" in key)


def _fill(cloud: Cloud, school_id: str) -> list[str]:
    """Two versions and a deleted object in an expired month, one object in the last of them, one in the first kept."""
    deleted = _key(school_id, EXPIRED, "deleted.parquet")
    _put(cloud, _key(school_id, EXPIRED, "a.parquet"), b"old one", b"new")
    _put(cloud, deleted, b"gone")
    cloud.root("s3").delete_object(Bucket=cloud.outputs["LakeBucket"], Key=deleted)
    _put(cloud, _key(school_id, LAST_EXPIRED, "b.parquet", "grades"), b"12345")
    kept = _key(school_id, KEPT, "c.parquet")
    _put(cloud, kept, b"kept")
    return [kept]


@pytest.mark.usefixtures("at")
def test_expired_months_go_with_every_version_and_a_dry_run_removes_nothing(
    cloud: Cloud, school_id: str, other_school_id: str
) -> None:
    kept = _fill(cloud, school_id)
    _fill(cloud, other_school_id)
    before = _versions(cloud, f"school={school_id}")
    others = _versions(cloud, f"school={other_school_id}")
    with enter_school(school_id):
        shown = list(purging.purge_expired(dry_run=True))
        assert _versions(cloud, f"school={school_id}") == before
        done = list(purging.purge_expired())
        assert list(purging.purge_expired()) == []
    assert shown == done
    told = [(str(one.dataset), str(one.month), one.versions, one.size) for one in done]
    assert told == [("events", "2024-01", 4, 14), ("grades", "2024-03", 1, 5)]
    assert _versions(cloud, f"school={school_id}") == kept
    assert _versions(cloud, f"school={other_school_id}") == others


@pytest.mark.usefixtures("at")
def test_what_a_hold_covers_is_not_purged_and_is_copied_until_it_is_released(cloud: Cloud, school_id: str) -> None:
    _fill(cloud, school_id)
    with enter_school(school_id):
        hold, objects = holding.place_hold(actor=OPERATOR, reason="causa 77", first="2024-03", last="2024-04")
        assert objects == 2
        copies = [key for key in _versions(cloud, f"school={school_id}") if key.startswith("holds/")]
        own = [_key(school_id, LAST_EXPIRED, "b.parquet", "grades"), _key(school_id, KEPT, "c.parquet")]
        assert copies == sorted(f"holds/school={school_id}/{hold.hold_id}/{key}" for key in own)
        told = [(str(one.month), one.held_by) for one in purging.purge_expired()]
        assert told == [("2024-01", ""), ("2024-03", hold.hold_id)]
        assert _versions(cloud, f"school={school_id}") == sorted([*copies, *own])
        holding.release_hold(actor=OPERATOR, hold_id=hold.hold_id, reason="archivada")
        with pytest.raises(HoldNotFoundError):
            holding.release_hold(actor=OPERATOR, hold_id=hold.hold_id, reason="archivada")
        assert _versions(cloud, f"school={school_id}") == sorted(own)
        assert [str(one.month) for one in purging.purge_expired()] == ["2024-03"]
        entries = audit.list_of_subject(f"legal_hold:{hold.hold_id}").items
    assert {(entry.action, entry.version) for entry in entries} == {
        ("legal_hold.placed", 1),
        ("legal_hold.released", 2),
    }


@pytest.mark.usefixtures("at")
def test_the_night_completes_what_was_interrupted_when_a_hold_was_placed_or_released(
    cloud: Cloud, school_id: str
) -> None:
    """The record is written, and then the process is gone."""
    _fill(cloud, school_id)
    with enter_school(school_id):
        hold = holds.place_hold(actor=OPERATOR, reason="causa 77")
        tasks.purge_school(school_id=school_id)
        folder = f"holds/school={school_id}/{hold.hold_id}/"
        copies = [key for key in _versions(cloud, f"school={school_id}") if key.startswith(folder)]
        assert len(copies) == 3
        tasks.purge_school(school_id=school_id)
        assert [key for key in _versions(cloud, f"school={school_id}") if key.startswith(folder)] == copies
        holds.release_hold(actor=OPERATOR, hold_id=hold.hold_id, reason="archivada")
        tasks.purge_school(school_id=school_id)
    assert _versions(cloud, f"school={school_id}") == [_key(school_id, KEPT, "c.parquet")]


@pytest.mark.usefixtures("at")
def test_what_comes_into_a_held_month_later_is_copied_once_the_month_is_past_its_time(
    cloud: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with enter_school(school_id):
        hold, objects = holding.place_hold(actor=OPERATOR, reason="causa 77")
        assert objects == 0
        _fill(cloud, school_id)
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=3))
        holding.settle_holds()
    copies = [key for key in _versions(cloud, f"school={school_id}") if key.startswith("holds/")]
    assert {key.removeprefix(f"holds/school={school_id}/{hold.hold_id}/") for key in copies} == {
        _key(school_id, EXPIRED, "a.parquet"),
        _key(school_id, LAST_EXPIRED, "b.parquet", "grades"),
    }


@pytest.mark.usefixtures("at")
def test_the_commands_show_what_they_do(cloud: Cloud, school: TestSchool, capsys: pytest.CaptureFixture[str]) -> None:
    own = school.school_id
    _fill(cloud, own)
    call_command("purge_expired", "--school", own, "--dry-run")
    assert capsys.readouterr().out.splitlines() == [
        f"{own} events 2024-01 versions=4 bytes=14 expired",
        f"{own} grades 2024-03 versions=1 bytes=5 expired",
        "all versions=5 bytes=19",
    ]
    where = ["--school", own]
    call_command("legal_hold", "place", *where, "--by", "op", "--reason", "causa 7", "--to", "2024-02")
    placed = capsys.readouterr().out.splitlines()
    assert placed[0] == "preserved objects=1"
    hold_id = placed[1].split()[0]
    call_command("purge_expired", *where)
    assert capsys.readouterr().out.splitlines() == [
        f"{own} events 2024-01 versions=4 bytes=14 held_by={hold_id}",
        f"{own} grades 2024-03 versions=1 bytes=5 removed",
        "all versions=1 bytes=5",
    ]
    call_command("legal_hold", "release", *where, "--by", "op", "--reason", "fin", "--hold", hold_id)
    call_command("legal_hold", "list", *where)
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{hold_id} student=* from=- to=2024-02 placed=")


def test_a_process_that_answers_requests_can_purge_nothing(
    cloud: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _fill(cloud, school_id)
    before = _versions(cloud, f"school={school_id}")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with enter_school(school_id), pytest.raises(CredentialsUnavailableError):
        list(purging.purge_expired())
    assert _versions(cloud, f"school={school_id}") == before
    assert kept


@pytest.mark.usefixtures("at")
def test_the_copy_of_what_was_written_anew_is_written_anew_too(cloud: Cloud, school_id: str) -> None:
    """A manifest of the next merge is often as long as the one before."""
    key = _key(school_id, EXPIRED, "_manifest.json")
    _put(cloud, key, b"names 1")
    with enter_school(school_id):
        hold = holding.place_hold(actor=OPERATOR, reason="causa 77")[0]
        _put(cloud, key, b"names 2")
        holding.settle_holds()
    copy = f"holds/school={school_id}/{hold.hold_id}/{key}"
    found = cloud.root("s3").get_object(Bucket=cloud.outputs["LakeBucket"], Key=copy)
    assert found["Body"].read() == b"names 2"
