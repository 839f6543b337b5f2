"""Dead letters are seen without what they hold, sent again and given up, and every school named in one can tell."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from django.core.management import call_command

from behavior.domain.events import STORE_EVENTS
from edu import audit, clock
from edu.aws.clients import service_client
from edu.aws.dead_letter_queue import DeadLettersUnavailableError
from edu.commands import WrongUseError
from edu.dead_letters import DeadLetterNotFoundError
from edu.envelopes import write_envelope
from edu.errors import InvalidInputError
from edu.queues import BEHAVIOR
from edu.tenancy import enter_school
from tests.support.cloud import Cloud, acting_as
from tests.support.events import part_of
from tests.support.schools import import_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.audit import AuditEntry

WHY = "La tabla estuvo ausente"


class Queues:
    """The events' queue and its dead letters, as root sees them."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs = cloud.root("sqs")
        self._urls = {name: cloud.outputs[name] for name in ("BehaviorQueueUrl", "BehaviorDlqUrl")}
        for url in self._urls.values():
            self._sqs.purge_queue(QueueUrl=url)

    def bury(self, body: str) -> str:
        """Put a message among the dead letters; its id."""
        sent: dict[str, str] = self._sqs.send_message(QueueUrl=self._urls["BehaviorDlqUrl"], MessageBody=body)
        return sent["MessageId"]

    def bodies(self, name: str) -> list[str]:
        """What lies in a queue and may be taken."""
        found: Any = self._sqs.receive_message(
            QueueUrl=self._urls[name], MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
        )
        return sorted(message["Body"] for message in found.get("Messages", []))


@pytest.fixture
def queues(cloud: Cloud) -> Iterator[Queues]:
    with acting_as("operator"):
        yield Queues(cloud)


def message(*school_ids: str, note: str = "secreto de Ana") -> str:
    parts = [part_of(school_id, "est-secreto", [{"note": note}] * 3) for school_id in school_ids]
    keywords = json.dumps({"parts": parts}).encode()
    return write_envelope(task=STORE_EVENTS, keywords=keywords, queue=BEHAVIOR.name, correlation_id="a" * 32)


def ask(action: str, **options: Any) -> list[str]:
    said = io.StringIO()
    call_command("dead_letters", action, queue="behavior", stdout=said, **options)
    return said.getvalue().splitlines()


def entries(school_id: str) -> list[AuditEntry]:
    with enter_school(school_id):
        found = audit.list_month(f"{clock.now():%Y-%m}").items
    return [entry for entry in found if entry.action.startswith("dead_letter.")]


def test_listing_tells_schools_and_sizes_and_nothing_of_anybody(queues: Queues, school_id: str) -> None:
    good = queues.bury(message(school_id))
    bad = queues.bury('{"note": "secreto de Ana"}')
    for _ in range(2):  # looking takes nothing away, and hides nothing from the next who looks
        lines = ask("list")
        assert {line.split()[0] for line in lines} == {good, bad}
        told = "\n".join(lines)
        assert f"schools={school_id} events=3" in told
        assert "fault=headers" in told
        assert "secreto" not in told


def test_redriven_message_lies_in_its_queue_as_it_was_and_the_school_can_tell(queues: Queues, school_id: str) -> None:
    import_school(school_id)
    wanted, other = message(school_id), message(school_id, note="otra")
    message_id = queues.bury(wanted)
    queues.bury(other)
    [line] = ask("redrive", message=message_id, reason=WHY)
    assert line.startswith(f"redrive {message_id} ")
    assert (queues.bodies("BehaviorQueueUrl"), queues.bodies("BehaviorDlqUrl")) == ([wanted], [other])
    [entry] = entries(school_id)
    assert (entry.action, entry.subject, entry.reason) == ("dead_letter.redriven", f"dead_letter:{message_id}", WHY)
    assert (entry.actor, entry.role) == ("manage.py", "platform_operator")


def test_all_are_given_up_and_each_school_that_they_name_can_tell(
    queues: Queues, school_id: str, other_school_id: str
) -> None:
    for each in (school_id, other_school_id):
        import_school(each)
    queues.bury(message(school_id, other_school_id))
    queues.bury(message(other_school_id, "no-such-school"))
    queues.bury("no message at all")
    assert len(ask("discard", all=True, reason=WHY)) == 3
    assert queues.bodies("BehaviorDlqUrl") == queues.bodies("BehaviorQueueUrl") == []
    assert [len(entries(each)) for each in (school_id, other_school_id)] == [1, 2]


def test_nothing_is_done_without_a_reason_or_to_a_message_that_is_not_there(queues: Queues, school_id: str) -> None:
    import_school(school_id)
    body = message(school_id)
    message_id = queues.bury(body)
    for reason in ("", " ", "a\nb", "x" * 300):
        with pytest.raises(InvalidInputError):
            ask("discard", message=message_id, reason=reason)
    with pytest.raises(DeadLetterNotFoundError):
        ask("redrive", message="0" * 36, reason=WHY)
    with pytest.raises(WrongUseError):
        ask("redrive", reason=WHY)
    with pytest.raises(WrongUseError):
        ask("list", all=True)
    assert queues.bodies("BehaviorDlqUrl") == [body]
    assert entries(school_id) == []


def test_what_fails_half_way_is_there_still_and_can_be_done_again(
    queues: Queues, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent and not removed: it lies in both, and what is done once more lies there twice, which workers bear."""
    import_school(school_id)
    body = message(school_id)
    queues.bury(body)
    sqs = service_client("sqs")
    with monkeypatch.context() as patch:
        patch.setattr(sqs, "delete_message", lambda **_: (_ for _ in ()).throw(_refused()))
        with pytest.raises(DeadLettersUnavailableError):
            ask("redrive", all=True, reason=WHY)
    assert (queues.bodies("BehaviorQueueUrl"), queues.bodies("BehaviorDlqUrl")) == ([body], [body])
    ask("redrive", all=True, reason=WHY)
    assert queues.bodies("BehaviorDlqUrl") == []


def _refused() -> Exception:
    return ClientError({"Error": {"Code": "ServiceUnavailable"}}, "DeleteMessage")


@pytest.mark.parametrize("who", ["worker", "web"])
def test_only_operators_may_look(cloud: Cloud, who: str) -> None:
    del cloud
    with acting_as(who), pytest.raises(DeadLettersUnavailableError):
        ask("list")
