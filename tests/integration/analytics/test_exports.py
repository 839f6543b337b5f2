"""A whole school, taken along: what is in the zip, that it can be imported again, and that it is the school's alone."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command

from analytics import services
from analytics.domain.exported import ENROLMENTS, EVALUATIONS, EVENTS, ONEROSTER, PARQUET, SCORES
from analytics.domain.exports import KEPT_FOR, STALLED, STALLED_AFTER, ExportState
from analytics.errors import ExportMovedError, ExportNotFoundError, ExportNotReadyError, ExportRunningError
from analytics.exports import gathering
from analytics.lake import layout, store
from analytics.services.exporting import making
from analytics.services.exporting.places import key_of
from edu import audit, clock
from edu.aws.task_messages import TaskNotSentError
from edu.commands import WrongUseError
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.errors import ForbiddenError, LibretaError
from edu.identity.principal import Principal, Role
from edu.queues import ANALYTICS
from edu.tenancy import enter_lake, enter_school
from evaluations.roster_files.school_record import read_school
from tests.integration.analytics.exporting import (
    administrator,
    entries,
    fill,
    made,
    manifest_of,
    oneroster_of,
    rows_of,
    store_get,
)
from tests.integration.evaluations.rosters import OPTIONS, load, table_of
from tests.support.cloud import acting_as
from tests.support.queue_depth import depth_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool


@pytest.fixture(autouse=True)
def empty_queue(cloud: Cloud) -> Iterator[None]:
    """What is ordered here is made by the test itself."""
    yield
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs[ANALYTICS.output])


def actions_of(school_id: str) -> list[str]:
    with enter_school(school_id):
        entries = audit.list_month(f"{clock.now():%Y-%m}").items
        return [entry.action for entry in reversed(entries) if entry.subject.startswith("export:")]


def test_zip_holds_every_file_with_its_hash_and_rows(school: TestSchool) -> None:
    fill(school)
    zipped = made(school.school_id)
    found, manifest = entries(zipped), manifest_of(zipped)
    names = {"school.json", *PARQUET, *(f"oneroster/{name}" for name in (*ONEROSTER, "manifest.csv"))}
    assert set(found) == {"manifest.json", *names}
    assert manifest["school_id"] == school.school_id
    assert [one["name"] for one in manifest["files"]] == sorted(names)
    for one in manifest["files"]:
        body = found[one["name"]]
        assert (len(body), hashlib.sha256(body).hexdigest()) == (one["bytes"], one["sha256"])
        if one["name"].endswith(".csv"):
            assert one["rows"] == len(list(csv.reader(io.StringIO(body.decode())))) - 1
    rows = {one["name"]: one["rows"] for one in manifest["files"]}
    assert (rows[EVALUATIONS], rows[SCORES], rows[ENROLMENTS], rows[EVENTS]) == (2, 3, 6, 2)
    assert (rows["oneroster/users.csv"], rows["oneroster/results.csv"]) == (5, 3)


def test_schools_own_record_is_one_that_can_be_loaded(school: TestSchool) -> None:
    zipped = made(school.school_id)
    read = read_school(entries(zipped)["school.json"])
    as_open = tuple(replace(term, closed=False) for term in school.school.terms)
    assert read == replace(school.school, terms=as_open)


def test_students_go_by_their_own_ids_and_each_event_is_there_once(school: TestSchool) -> None:
    fill(school)
    zipped = made(school.school_id)
    events = rows_of(zipped, EVENTS)
    assert [(row["event_id"], row["student_id"], row["value"]) for row in events] == [
        ("e-1", "student-000", "1.5"),
        ("e-2", None, "2"),
    ]
    scores = {(row["student_id"], row["state"], row["value"]) for row in rows_of(zipped, SCORES)}
    assert scores == {
        ("student-000", "recorded", "6.5"),
        ("student-001", "absent", None),
        ("student-002", "recorded", "4.0"),
    }


def test_importing_it_again_changes_nothing_and_the_next_export_is_the_same(cloud: Cloud, school: TestSchool) -> None:
    fill(school)
    zipped = made(school.school_id)
    before = table_of(cloud, school.school_id)
    from evaluations import services as evaluations  # noqa: PLC0415 - beside ours of the same name

    with enter_school(school.school_id):
        preview = evaluations.preview_import(
            actor=administrator(school.school_id), files={"export.zip": zipped}, options=OPTIONS
        )
    assert preview.comparison.changes == ()
    assert preview.comparison.missing == ()
    assert set(preview.counts()) == {
        f"{kind}.unchanged" for kind in ("course", "teacher", "section", "student", "enrolment")
    }
    load(school.school_id, {"export.zip": zipped})
    assert table_of(cloud, school.school_id) == before
    assert oneroster_of(made(school.school_id)) == oneroster_of(zipped)


def test_nothing_of_another_school_is_in_it(school: TestSchool, other_school: TestSchool) -> None:
    fill(other_school, comment="canario-sur")
    fill(school)
    zipped = made(school.school_id)
    canaries = (f"Muñoz {other_school.school_id}".encode(), other_school.school_id.encode(), b"canario-sur")
    everything = b"".join((*entries(zipped).values(), *(name.encode() for name in entries(zipped))))
    told = repr([rows_of(zipped, name) for name in PARQUET]).encode()
    for canary in canaries:
        assert canary not in everything + told
    with acting_as("worker"):
        of_other = entries(made(other_school.school_id))
    assert canaries[0] in of_other["oneroster/users.csv"], "the canary can be found"


def test_order_is_made_audited_and_taken_by_a_link(school: TestSchool) -> None:
    actor = administrator(school.school_id)
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)
        with pytest.raises(ExportRunningError):
            services.order_export(actor=actor)
        with pytest.raises(ExportNotReadyError):
            services.get_link(actor=actor, export_id=export.export_id)
        making.make_export(export_id=export.export_id)
        ready = services.get_export(actor=actor, export_id=export.export_id)
        zipped = store_get(export.export_id)
        assert (ready.state, ready.done, ready.total) == (ExportState.READY, 3, 3)
        assert (ready.size_bytes, ready.sha256) == (len(zipped), hashlib.sha256(zipped).hexdigest())
        services.get_link(actor=actor, export_id=export.export_id)
        making.make_export(export_id=export.export_id)  # its message came twice
        assert services.get_export(actor=actor, export_id=export.export_id) == ready
        assert services.order_export(actor=actor).export_id != export.export_id
    ended = ["export.ordered", "export.finished", "export.link_given", "export.ordered"]
    assert actions_of(school.school_id) == ended


def test_message_of_the_order_is_in_the_queue(cloud: Cloud, school: TestSchool) -> None:
    sqs, url = cloud.root("sqs"), cloud.outputs[ANALYTICS.output]
    sqs.purge_queue(QueueUrl=url)
    with enter_school(school.school_id):
        services.order_export(actor=administrator(school.school_id))
    assert depth_of(sqs, url) == 1


def test_order_whose_message_is_not_taken_has_failed_and_blocks_no_other(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = administrator(school.school_id)
    with enter_school(school.school_id):
        with monkeypatch.context() as patch:
            patch.setattr(settings, ANALYTICS.setting, "http://127.0.0.1:9/000000000000/no-such-queue")
            with pytest.raises(TaskNotSentError):
                services.order_export(actor=actor)
        [failed] = services.list_exports(actor=actor).items
        assert (failed.state, failed.error_code) == (ExportState.FAILED, "task_not_sent")
        services.order_export(actor=actor)


@pytest.mark.parametrize("step", ["gathering", "uploading", "saying so"])
def test_killed_at_any_step_it_is_begun_again_and_shows_no_half_zip(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        """As if the process were gone."""

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    fill(school)
    actor = administrator(school.school_id)
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)
        with monkeypatch.context() as patch:
            match step:
                case "gathering":
                    patch.setattr(gathering, "iterate_graded", die)
                case "uploading":
                    patch.setattr("analytics.lake.store.scoped_client", _dying_at_the_end(die))
                case _:
                    patch.setattr("analytics.services.exporting.audit_trail.add_end", die)
            with pytest.raises(Killed):
                making.make_export(export_id=export.export_id)
        stood = services.get_export(actor=actor, export_id=export.export_id)
        assert stood.state is ExportState.RUNNING
        with pytest.raises(ExportNotReadyError):
            services.get_link(actor=actor, export_id=export.export_id)
        with enter_lake():
            assert len(list(store.list_folder(layout.exports_folder()))) == (1 if step == "saying so" else 0)
        making.make_export(export_id=export.export_id)
        ready = services.get_export(actor=actor, export_id=export.export_id)
        assert (ready.state, ready.sha256) == (
            ExportState.READY,
            hashlib.sha256(store_get(export.export_id)).hexdigest(),
        )


def _dying_at_the_end(die: object) -> object:
    from edu.aws.scoped_clients import scoped_client  # noqa: PLC0415 - the one that is replaced

    class Client:
        def __getattr__(self, name: str) -> object:
            return die if name == "complete_multipart_upload" else getattr(scoped_client("s3"), name)

    return lambda _service: Client()


def test_what_will_not_pass_is_told_and_what_may_is_tried_again(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(error: LibretaError) -> object:
        def read(**_more: object) -> None:
            raise error

        return read

    actor = administrator(school.school_id)
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)
        with monkeypatch.context() as patch:
            patch.setattr(gathering, "read_whole_roster", broken(StoreUnavailableError("busy")))
            with pytest.raises(StoreUnavailableError):
                making.make_export(export_id=export.export_id)
            assert services.get_export(actor=actor, export_id=export.export_id).is_open
            patch.setattr(gathering, "read_whole_roster", broken(ForbiddenError()))
            making.make_export(export_id=export.export_id)
        failed = services.get_export(actor=actor, export_id=export.export_id)
        assert (failed.state, failed.error_code) == (ExportState.FAILED, "forbidden")
    assert actions_of(school.school_id) == ["export.ordered", "export.failed"]


def test_zip_is_kept_for_a_week_and_what_nobody_moves_has_failed(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, now = administrator(school.school_id), clock.now()
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)
        making.make_export(export_id=export.export_id)
        stalled = services.order_export(actor=actor)
        monkeypatch.setattr("analytics.services.exporting.ordering.clock.now", lambda: now + KEPT_FOR + STALLED_AFTER)
        assert services.get_export(actor=actor, export_id=export.export_id).state is ExportState.EXPIRED
        with pytest.raises(ExportNotReadyError):
            services.get_link(actor=actor, export_id=export.export_id)
        found = services.get_export(actor=actor, export_id=stalled.export_id)
        assert (found.state, found.error_code) == (ExportState.FAILED, STALLED)
        services.order_export(actor=actor)


def test_erasing_takes_every_zip_away_and_stops_the_one_that_is_made(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = administrator(school.school_id)
    with acting_as("worker"), enter_school(school.school_id):
        ready = services.order_export(actor=actor)
        making.make_export(export_id=ready.export_id)
        running = services.order_export(actor=actor)
        put_file = store.put_file

        def put_after_an_erasure(*args: object, **more: object) -> None:
            monkeypatch.setattr(store, "put_file", put_file)
            with enter_school(school.school_id):
                assert services.erase_exports(actor=actor) == 2
            put_file(*args, **more)  # type: ignore[arg-type]  # whatever was given

        monkeypatch.setattr(store, "put_file", put_after_an_erasure)
        making.make_export(export_id=running.export_id)
        states = [export.state for export in services.list_exports(actor=actor).items]
        assert states == [ExportState.ERASED, ExportState.ERASED]
        with enter_lake():
            assert list(store.list_folder(layout.exports_folder())) == []
        assert services.erase_exports(actor=actor) == 0


def test_only_who_may_takes_a_school_along(school: TestSchool, other_school: TestSchool) -> None:
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=administrator(school.school_id))
        for role in (Role.TEACHER, Role.AUDITOR, Role.STUDENT):
            actor = Principal("x", role, school.school_id)
            for call in (services.get_export, services.get_link):
                with pytest.raises(ForbiddenError):
                    call(actor=actor, export_id=export.export_id)
            for order in (services.order_export, services.list_exports, services.erase_exports):
                with pytest.raises(ForbiddenError):
                    order(actor=actor)
        making.make_export(export_id=export.export_id)
        made_now = services.get_export(actor=administrator(school.school_id), export_id=export.export_id)
        key = key_of(export.export_id, made_now.sha256)
    with acting_as("worker"), enter_school(other_school.school_id):
        with pytest.raises(ExportNotFoundError):
            services.get_link(actor=administrator(other_school.school_id), export_id=export.export_id)
        with pytest.raises(AccessDeniedError):
            store.get_object(key)
        with enter_lake(), pytest.raises(AccessDeniedError):
            store.put_object(key, b"")


def test_operator_writes_one_to_a_file(school: TestSchool, tmp_path: Path) -> None:
    out, said = tmp_path / "e.zip", io.StringIO()
    with acting_as("operator"):
        call_command("export_school", school=school.school_id, out=out, stdout=said)
        digest = hashlib.sha256(out.read_bytes()).hexdigest()
        assert said.getvalue().endswith(f"bytes sha256={digest}\n")
        with pytest.raises(WrongUseError):
            call_command("export_school", school=school.school_id, out=out, stdout=said)
    assert manifest_of(out.read_bytes())["school_id"] == school.school_id
    assert actions_of(school.school_id) == ["export.finished"]


def test_slower_of_two_workers_stops(school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = administrator(school.school_id)
    write_parts = gathering.write_parts
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)

        def overtaken(**more: object) -> object:
            monkeypatch.setattr("analytics.services.exporting.making.write_parts", write_parts)
            with enter_school(school.school_id):
                making.make_export(export_id=export.export_id)
            return write_parts(**more)  # type: ignore[arg-type]  # whatever was given

        monkeypatch.setattr("analytics.services.exporting.making.write_parts", overtaken)
        making.make_export(export_id=export.export_id)
        ready = services.get_export(actor=actor, export_id=export.export_id)
        assert ready.state is ExportState.READY
        assert hashlib.sha256(store_get(export.export_id)).hexdigest() == ready.sha256
    assert ExportMovedError.code == "export_moved"
    assert actions_of(school.school_id) == ["export.ordered", "export.finished"]


def test_slower_worker_that_uploads_all_the_same_changes_nothing(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, put_file = administrator(school.school_id), store.put_file
    with acting_as("worker"), enter_school(school.school_id):
        export = services.order_export(actor=actor)

        def overtaken(*args: object, **more: object) -> None:
            monkeypatch.setattr(store, "put_file", put_file)
            with enter_school(school.school_id):
                making.make_export(export_id=export.export_id)
            put_file(*args, **more)  # type: ignore[arg-type]  # whatever was given

        monkeypatch.setattr(store, "put_file", overtaken)
        making.make_export(export_id=export.export_id)
        ready = services.get_export(actor=actor, export_id=export.export_id)
        assert hashlib.sha256(store_get(export.export_id)).hexdigest() == ready.sha256
