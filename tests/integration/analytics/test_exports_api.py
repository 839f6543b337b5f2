"""Exports over HTTP: ordered, looked at, and taken by a link that expires."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
import time_machine

from analytics import services
from analytics.services.exporting import making
from edu import audit, clock
from edu.identity.principal import Role
from edu.queues import ANALYTICS
from edu.tenancy import enter_school
from tests.integration.evaluations.conftest import ApiClient, account_of, refused
from tests.support.cloud import acting_as
from tests.support.processes import CELERY_IS_READY, running_until_stopped
from tests.support.tokens import id_token_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

EXPORTS = "/school/exports"


@pytest.fixture(autouse=True)
def empty_queue(cloud: Cloud) -> Iterator[None]:
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs[ANALYTICS.output])
    yield
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs[ANALYTICS.output])


def client_of(school: TestSchool, role: Role = Role.SCHOOL_ADMIN) -> ApiClient:
    return ApiClient(id_token_of(account_of(school, role, "teacher-1" if role is Role.TEACHER else "")))


def make(school: TestSchool, export_id: str) -> None:
    with acting_as("worker"), enter_school(school.school_id):
        making.make_export(export_id=export_id)


def test_export_is_ordered_once_looked_at_and_taken(school: TestSchool) -> None:
    client = client_of(school)
    ordered = client.post(EXPORTS, {}, key="k-1")
    assert ordered.status_code == 202
    export = ordered.json()
    address = f"{EXPORTS}/{export['export_id']}"
    assert (ordered.headers["Location"], export["state"]) == (f"/api/v1{address}", "queued")
    again = client.post(EXPORTS, {}, key="k-1")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (ordered.content, "true")
    assert refused(client.post(EXPORTS, {})) == (409, "export_running")
    assert refused(client.get(f"{address}/download")) == (409, "export_not_ready")

    make(school, export["export_id"])
    ready = client.get(address).json()
    assert (ready["state"], ready["done"], ready["total"], ready["error_code"]) == ("ready", 3, 3, "")
    assert client.get(EXPORTS).json()["results"] == [ready]
    link = client.get(f"{address}/download")
    assert link.headers["Cache-Control"] == "no-store"
    found = httpx.get(link.json()["url"], trust_env=False)
    assert found.status_code == 200
    assert hashlib.sha256(found.content).hexdigest() == link.json()["sha256"] == ready["sha256"]
    assert found.headers["Content-Disposition"] == f'attachment; filename="{link.json()["file_name"]}"'
    assert found.headers["Content-Type"] == "application/zip"


def test_link_names_nobody_lasts_ten_minutes_and_is_audited_each_time(school: TestSchool) -> None:
    client = client_of(school)
    export_id = client.post(EXPORTS, {}).json()["export_id"]
    make(school, export_id)
    for _ in range(2):
        link = client.get(f"{EXPORTS}/{export_id}/download").json()
    parts = urlsplit(link["url"])
    asked = parse_qs(parts.query)
    assert asked["X-Amz-Expires"] == ["600"]
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    lasts = datetime.fromisoformat(link["expires_at"]) - clock.now()
    assert timedelta(minutes=9) < lasts <= timedelta(minutes=10)
    assert "Muñoz" not in link["url"]
    name = f"{export_id}-{link['sha256'][:16]}.zip"
    assert unquote(parts.path).endswith(f"/exports/school={school.school_id}/{name}")
    with enter_school(school.school_id):
        entries = audit.list_of_subject(f"export:{export_id}").items
    given = [entry for entry in entries if entry.action == "export.link_given"]
    assert len(given) == 2
    assert len({entry.actor for entry in given}) == 1
    assert {entry.role for entry in given} == {"school_admin"}


def test_link_that_was_changed_or_is_over_gives_nothing(school: TestSchool, other_school: TestSchool) -> None:
    client = client_of(school)
    export_id = client.post(EXPORTS, {}).json()["export_id"]
    make(school, export_id)
    url = client.get(f"{EXPORTS}/{export_id}/download").json()["url"]
    elsewhere = url.replace(school.school_id, other_school.school_id)
    assert elsewhere != url
    assert httpx.get(elsewhere, trust_env=False).status_code in {403, 404}
    with time_machine.travel(clock.now() - timedelta(minutes=11), tick=True), enter_school(school.school_id):
        old = services.get_link(actor=school.person(Role.SCHOOL_ADMIN), export_id=export_id).url
    assert httpx.get(old, trust_env=False).status_code == 403


@pytest.mark.parametrize("role", [Role.TEACHER, Role.AUDITOR])
def test_others_of_the_school_get_nothing(school: TestSchool, role: Role) -> None:
    client = client_of(school, role)
    assert refused(client.get(EXPORTS)) == (403, "forbidden")
    assert refused(client.post(EXPORTS, {})) == (403, "forbidden")


def test_other_schools_export_is_not_there(school: TestSchool, other_school: TestSchool) -> None:
    export_id = client_of(school).post(EXPORTS, {}).json()["export_id"]
    make(school, export_id)
    other = client_of(other_school)
    for path in (f"{EXPORTS}/{export_id}", f"{EXPORTS}/{export_id}/download"):
        assert refused(other.get(path)) == (404, "export_not_found")
    assert other.get(EXPORTS).json()["results"] == []


def test_real_worker_makes_it(cloud: Cloud, school: TestSchool) -> None:
    client = client_of(school)
    address = f"{EXPORTS}/{client.post(EXPORTS, {}).json()['export_id']}"
    command = ["celery", "-A", "edu.celery", "worker", *ANALYTICS.pool_options, "--queues", ANALYTICS.name]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with running_until_stopped(cloud, [sys.executable, "-m", *command], ready=CELERY_IS_READY) as worker:
        wait_until(lambda: client.get(address).json()["state"] == "ready", what="the export", timeout_s=60)
        assert "Muñoz" not in worker.log
