"""Workers that store the same events at the same moment, in the real table."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from behavior.services import Stored
from edu import clock, student_keys
from tests.integration.behavior.support import items_of_school, make_event
from tests.support.calls import counted_calls
from tests.support.events import part_of, store_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cloud import Cloud

WORKERS, EVENTS = 8, 150


def changes_from_now(cloud: Cloud) -> Callable[[], list[Any]]:
    """What the table's stream tells from here on until it is asked."""
    streams = cloud.root("dynamodbstreams")
    [stream] = streams.list_streams(TableName=cloud.outputs["TableName"])["Streams"]
    shards = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    iterators = [
        streams.get_shard_iterator(StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="LATEST")[
            "ShardIterator"
        ]
        for shard in shards
    ]
    return lambda: [record for one in iterators for record in streams.get_records(ShardIterator=one)["Records"]]


def test_one_worker_stores_an_event_and_the_others_find_it(cloud: Cloud, school_id: str) -> None:
    """A device that was not answered sends again: the same events, of another arrival, before another worker."""
    events = [make_event() for _ in range(EVENTS)]
    changes = changes_from_now(cloud)
    start, outcomes, lock = threading.Barrier(WORKERS), list[Stored](), threading.Lock()

    def store(number: int) -> None:
        arrived_at_ms = int((clock.now() - timedelta(seconds=number)).timestamp() * 1000)
        part = part_of(school_id, "est-001", events, arrived_at_ms=arrived_at_ms)
        start.wait()
        found = store_message([part])
        with lock:
            outcomes.append(found)

    threads = [threading.Thread(target=store, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found.events for found in outcomes) == EVENTS
    assert sum(found.duplicates for found in outcomes) == EVENTS * (WORKERS - 1)
    assert sum(found.rejected for found in outcomes) == 0
    assert len(items_of_school(cloud, school_id)) == EVENTS
    seen = Counter(
        change["eventName"]
        for change in changes()
        if change["dynamodb"]["Keys"]["pk"]["S"] == f"SCHOOL#{school_id}#STUDENT#est-001#EVENT"
    )
    assert seen == {"INSERT": EVENTS}  # each change is a row of the lake


@pytest.mark.usefixtures("cloud")
def test_events_of_fifty_students_cost_one_read_of_keys_in_a_new_process_and_none_in_a_warm_one(school_id: str) -> None:
    def calls_for_fifty_events(*, new_process: bool) -> list[str]:
        if new_process:
            student_keys.forget_keys()
        parts = [part_of(school_id, f"est-{number:03d}", [make_event()]) for number in range(50)]
        with counted_calls() as calls:
            assert store_message(parts).events == 50
        return calls

    writes = ["TransactWriteItems"] * 2  # 25 events each
    first = calls_for_fifty_events(new_process=True)
    assert first[-4:] == ["BatchGetItem", "TransactWriteItems", *writes], "read, made, and used"
    assert calls_for_fifty_events(new_process=True) == ["BatchGetItem", *writes]
    assert calls_for_fifty_events(new_process=False) == writes
