"""One event's way: device, door (or API Gateway), queue, a real worker, table."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from behavior import services
from edu.pseudonyms import pseudonym_of
from edu.tenancy import enter_school
from tests.integration.behavior.support import Student, items_of_school, make_event, send_parts, stored_events
from tests.support.events import part_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud
    from tests.support.processes import Process

pytestmark = pytest.mark.usefixtures("worker")
THIRTY_DAYS_S = 30 * 86_400


def test_event_of_the_door_reaches_the_table(
    worker: Process, queue: BehaviorQueue, door_url: str, student: Student
) -> None:
    sent = make_event(value=2.5, note="ayudó a un compañero 🙌")
    accepted = student.post(door_url, sent)
    assert (accepted.status_code, accepted.json()) == (202, {"accepted": True, "events": 1})
    queue.wait_until_drained()
    wait_until(lambda: '"event":"events stored"' in worker.log, what="the end of the batch")
    (event,) = stored_events(student)
    assert (event.event_id, event.value, event.note) == (sent["event_id"], Decimal("2.5"), sent["note"])
    assert re.search(r'"messages":\["[0-9a-f]{32}"\]', worker.log)
    assert "compañero" not in worker.log
    assert student.student_id not in worker.log


def test_item_has_what_the_lake_takes_and_ends_after_30_days(
    cloud: Cloud, queue: BehaviorQueue, door_url: str, student: Student
) -> None:
    student.post(door_url, [make_event(), make_event(value=3)])
    queue.wait_until_drained()
    items = items_of_school(cloud, student.school_id)
    with enter_school(student.school_id):
        pseudonym = pseudonym_of(student.student_id)
    assert sorted(item["value"]["S"] for item in items) == ["", "3"]
    for item in items:
        assert item["pk"]["S"] == f"SCHOOL#{student.school_id}#STUDENT#{student.student_id}#EVENT"
        assert item["student_pseudonym"]["S"] == pseudonym
        assert abs(int(item["expires_at"]["N"]) - time.time() - THIRTY_DAYS_S) < 120
        assert abs(int(item["arrived_at_epoch_s"]["N"]) - time.time()) < 120


def test_event_of_the_api_gateway_reaches_the_table(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = make_event(value=1.25, note="\"comillas\" & 100 % 'todas'")
    url = cloud.environment["LIBRETA_EVENTS_API_URL"]
    assert student.post(url, sent).status_code == 202
    queue.wait_until_drained()
    (event,) = stored_events(student)
    assert (event.event_id, event.value, event.note) == (sent["event_id"], Decimal("1.25"), sent["note"])


def test_largest_list_passes_whole(queue: BehaviorQueue, door_url: str, student: Student) -> None:
    sent = [make_event(note="🏫" * 150) for _ in range(100)]
    assert student.post(door_url, sent).status_code == 202
    queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in sent}


def test_listing_goes_on_at_its_cursor_latest_first(queue: BehaviorQueue, door_url: str, student: Student) -> None:
    student.post(door_url, [make_event() for _ in range(5)])
    queue.wait_until_drained()
    with enter_school(student.school_id):
        first = services.list_events(student_id=student.student_id, limit=3)
        second = services.list_events(student_id=student.student_id, limit=3, cursor=first.cursor)
    instants = [event.occurred_at for event in first.items + second.items]
    assert (len(first.items), len(second.items)) == (3, 2)
    assert instants == sorted(instants, reverse=True)


def test_id_sent_again_with_other_content_keeps_the_first_and_says_so(
    cloud: Cloud, queue: BehaviorQueue, door_url: str, student: Student
) -> None:
    first = make_event(value=1)
    later = [first | {"value": 2}, first | {"occurred_at": make_event()["occurred_at"]}, first | {"kind": "late"}]
    assert student.post(door_url, first).status_code == 202
    queue.wait_until_drained()  # two threads that ask before either writes are the open case of ADR 0021
    for sent in later:
        assert student.post(door_url, sent).status_code == 202
    assert student.post(cloud.environment["LIBRETA_EVENTS_API_URL"], first | {"note": "otra"}).status_code == 202
    queue.wait_until_drained()
    [kept] = stored_events(student)
    assert (kept.value, kept.kind, kept.note) == (Decimal(1), "participation", None)
    with enter_school(student.school_id):
        rejected = services.list_rejected_events().items
    assert [one.reason for one in rejected] == ["event_id: taken"] * 4


def test_message_delivered_again_changes_no_byte(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    part = part_of(student.school_id, student.student_id, [make_event(note="una vez"), make_event(), {"mal": 1}])
    send_parts(part)
    queue.wait_until_drained()
    items = items_of_school(cloud, student.school_id)
    for _ in range(2):
        send_parts(part)
    queue.wait_until_drained()
    assert len(items) == 3
    assert items_of_school(cloud, student.school_id) == items


def test_one_message_holds_events_of_several_schools(
    queue: BehaviorQueue, student: Student, other_school_id: str
) -> None:
    other = Student(other_school_id, student.student_id, "")
    event = make_event(value=1)
    send_parts(
        part_of(student.school_id, student.student_id, [event]),
        part_of(other_school_id, student.student_id, [event | {"value": 2}]),
    )
    queue.wait_until_drained()
    assert [[found.value for found in stored_events(whose)] for whose in (student, other)] == [[1], [2]]
