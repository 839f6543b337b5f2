"""The ledger as the door, the worker and the command keep it, in the real table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from behavior import services
from behavior.domain.ledger import GATEWAY, DoorReport, Receipt
from edu import clock
from edu.aws.credentials import CredentialsUnavailableError
from edu.commands import CommandFailedError, WrongUseError
from tests.integration.behavior.support import EVENTS_PATH, Student, make_event
from tests.support.cloud import acting_as
from tests.support.processes import running_door
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from behavior.domain.ledger import DoorAccount
    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud
    from tests.support.processes import Process

DOOR = "00112233445566aa"


@pytest.fixture(autouse=True)
def operator(cloud: Cloud) -> Iterator[None]:  # noqa: ARG001 - the cloud must stand
    """The ledger is the platform's: the web's processes cannot reach it."""
    with acting_as("operator"):
        yield


def accounts() -> dict[str, DoorAccount]:
    return {one.door: one for one in services.read_ledger(since=clock.now() - timedelta(hours=1))}


def _receipt(sequence: int) -> Receipt:
    return Receipt(door=DOOR, sequence=sequence, events=1, stored=1, duplicates=0, rejected=0)


def test_events_of_the_door_close_the_ledger(
    cloud: Cloud,
    queue: BehaviorQueue,
    worker: Process,  # noqa: ARG001 - it stores
    student: Student,
) -> None:
    before = accounts().keys()
    with running_door(cloud, LIBRETA_EVENT_REPORT_S="1") as (_process, base_url):
        sent = [make_event() for _ in range(3)]
        assert student.post(base_url + EVENTS_PATH, sent).status_code == 202
        assert student.post(base_url + EVENTS_PATH, [*sent[:1], make_event()]).status_code == 202
    wait_until(lambda: queue.depth() == 0, what="the queue to be empty")
    [door] = accounts().keys() - before - {GATEWAY}
    found = accounts()[door]
    assert (found.messages, found.events, found.stored, found.duplicates) == (2, 5, 4, 1)
    assert found.is_closed


def test_command_names_what_is_open_and_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    now = clock.now()
    report = DoorReport(door=DOOR, number=1, made_at=now, accepted=((1, 4),), events={"norte": 4})
    services.write_ledger([_receipt(number) for number in (1, 4)], [report])
    with pytest.raises(CommandFailedError) as told:
        call_command("behavior_ledger", "--hours", "1")
    assert told.value.exit_code == 1
    shown = capsys.readouterr().out
    assert f"{DOOR} messages=2 events=2 stored=2 duplicates=0 rejected=0 OPEN" in shown
    assert "missing: 2-3" in shown
    services.write_ledger([_receipt(number) for number in (2, 3)], [])
    assert accounts()[DOOR].is_closed


def test_report_that_came_twice_is_written_once() -> None:
    """A call that names an item twice is refused whole, and a batch of good messages with it."""
    report = DoorReport(door="ffeeddccbbaa0099", number=1, made_at=clock.now(), accepted=((1, 1),), events={"norte": 1})
    receipt = Receipt(door=report.door, sequence=1, events=1, stored=1, duplicates=0, rejected=0)
    services.write_ledger([receipt], [report, report])
    assert accounts()[report.door].is_closed


def test_web_process_cannot_reach_it() -> None:
    with acting_as("web"), pytest.raises(CredentialsUnavailableError):
        accounts()


@pytest.mark.parametrize("hours", ["0", "-1", "721"])
def test_command_refuses_times_that_are_none(hours: str) -> None:
    with pytest.raises(WrongUseError):
        call_command("behavior_ledger", f"--hours={hours}")
