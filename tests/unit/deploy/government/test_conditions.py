"""The standing switches: habits, keys, outages, and what the record shows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.deploy.government.support import grades

if TYPE_CHECKING:
    from tests.unit.deploy.government.support import Talk

SENT = grades(4)


def _applied(talk: Talk) -> int:
    return sum(effect["times"] for effect in talk.government.store.list_effects())


@pytest.mark.parametrize(("honours", "times"), [(True, 1), (False, 3)])
def test_key_is_honoured_or_the_batch_applied_again(talk: Talk, honours: bool, times: int) -> None:  # noqa: FBT001
    talk.set(honour_key=honours)
    assert [talk.submit(SENT).effect for _ in range(3)] == [True, not honours, not honours]
    effects = talk.government.store.list_effects()
    assert [(effect["student_id"], effect["times"]) for effect in effects] == [(f"s-{n}", times) for n in range(4)]
    assert [effect["requests"] for effect in effects] == [list(range(1, times + 1))] * 4
    assert len(talk.government.store.list_effects(more_than=1)) == (0 if honours else 4)
    assert len(talk.page().body["grades"]) == 4


def test_grade_sent_in_another_batch_is_another_effect(talk: Talk) -> None:
    talk.submit(SENT)
    talk.submit(SENT[:1])
    assert [effect["times"] for effect in talk.government.store.list_effects()] == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("decide", "wait_s", "statuses"),
    [
        (None, 0, [201, 200, 200]),
        ({"after_questions": 0}, 0, [202, 200, 200]),
        ({"after_questions": 2}, 0, [202, 202, 202]),
        ({"after_s": 60}, 59, [202, 202, 202]),
        ({"after_s": 60}, 61, [202, 200, 200]),
        ({"after_s": 60, "after_questions": 1}, 0, [202, 202, 200]),
        ({}, 10**6, [202, 202, 202]),
    ],
)
def test_decision_is_told_when_it_is_time(
    talk: Talk, decide: dict[str, int] | None, wait_s: int, statuses: list[int]
) -> None:
    talk.set(decide=decide)
    first = talk.submit(SENT)
    talk.set(clock_offset_s=wait_s)
    assert [first.status, talk.ask(SENT).status, talk.ask(SENT).status] == statuses


def test_told_decision_stays_told(talk: Talk) -> None:
    talk.submit(SENT)
    talk.set(decide={})
    assert talk.ask(SENT).status == 200


def test_schema_rejects_grade_by_grade(talk: Talk) -> None:
    talk.set(schema={"value": r"[1-7]\.[0-9]", "student_id": "s-[0-2]"})
    sent = [*SENT, {**SENT[0], "student_id": "s-9", "value": "5.55"}]
    reasons = [result.get("reason") for result in talk.submit(sent).body["results"]]
    assert reasons == [None, None, None, "schema.student_id", "schema.value"]


def test_only_keys_of_the_hour_are_good(talk: Talk) -> None:
    hour = timedelta(hours=1)
    now = talk.government.now()
    old, new = {"key": "k", "to_at": (now + hour).isoformat()}, {"key": "new", "from_at": now.isoformat()}
    talk.set(keys=[old, new], key_status=403)
    statuses = []
    for offset_s in (0, 3700):
        talk.set(clock_offset_s=offset_s)
        for talk.key in ("k", "new", "bad"):
            statuses.append(talk.ask(SENT).status)
    assert statuses == [404, 404, 403, 403, 404, 403]


def test_outage_lasts_as_long_as_it_was_set(talk: Talk) -> None:
    now = talk.government.now()
    period = {"from_at": (now + timedelta(hours=1)).isoformat(), "to_at": (now + timedelta(hours=7)).isoformat()}
    talk.set(outages=[{**period, "action": "status", "raw": "<html>Service Unavailable</html>", "retry_after_s": 60}])
    statuses = []
    for hours in (0, 2, 8):
        talk.set(clock_offset_s=3600 * hours)
        statuses.append(talk.ask(SENT).status)
    assert statuses == [404, 503, 404]
    assert [request["let_in"] for request in talk.government.store.list_requests()] == [1, 0, 1]


def test_refusal_of_connections_is_known_before_any_request(talk: Talk) -> None:
    now = talk.government.now()
    talk.set(outages=[{"to_at": now.isoformat(), "action": "refuse"}, {"from_at": now.isoformat(), "action": "drop"}])
    conditions = talk.government.script.conditions
    assert conditions.refuses_at(now - timedelta(seconds=1))
    assert not conditions.refuses_at(now)


def test_date_is_the_governments_clock_or_off(talk: Talk) -> None:
    talk.script(action="status", date_skew_s=86_400)
    tomorrow = talk.government.now() + timedelta(days=1)
    assert str(talk.ask(SENT).headers["Date"]).startswith(f"{tomorrow:%a, %d %b %Y}")


def test_record_shows_who_sends_again_without_asking(talk: Talk) -> None:
    """On a bad day, with the key not honoured: asking first means one effect a grade, not asking means more."""
    bad_day = [
        {"share": 0.30, "on": "submit", "action": "status", "status": 503},
        {"share": 0.10, "on": "submit", "action": "hang", "effect": True},
        {"share": 0.05, "on": "submit", "action": "drop", "effect": True, "reject": 0.5},
        {"share": 0.05, "on": "ask", "action": "status", "status": 500},
    ]
    talk.set(honour_key=False, chances=bad_day, seed=3)
    most = {}
    for asks, version in ((True, 1), (False, 2)):
        for n in range(0, 100, 2):
            _send_until_decided(talk, grades(n + 2, version=version)[n:], asks=asks)
        effects = [effect for effect in talk.government.store.list_effects() if effect["version"] == version]
        most[asks] = max(effect["times"] for effect in effects)
    assert most[True] == 1
    assert most[False] > 1


def _send_until_decided(talk: Talk, sent: list[dict[str, Any]], *, asks: bool) -> None:
    while talk.submit(sent).status != 201:
        status = talk.ask(sent).status if asks else 404
        while status not in {200, 404}:
            status = talk.ask(sent).status
        if status == 200:
            return


@pytest.mark.parametrize(
    "switches",
    [
        {"faults": [{"action": "explode"}]},
        {"faults": [{"action": "drop", "unheard_of": 1}]},
        {"faults": [{"action": "drop", "wire": "pigeon"}]},
        {"faults": [{"action": "drop", "coding": "br"}]},
        {"faults": [{"action": "drop", "share": 2}]},
        {"faults": [{"action": "status", "raw": "€"}]},
        {"faults": [{"action": "answer", "edits": [{"at": []}]}]},
        {"faults": [{"action": "answer", "edits": [{"at": ["x"], "set": 1, "remove": True}]}]},
        {"conditions": {"unheard_of": 1}},
        {"conditions": {"listing": {"cursors": "lost"}}},
        {"conditions": {"outages": [{"action": "drop", "from_at": "2026-12-01T00:00:00"}]}},
        {"conditions": {"keys": [{}]}},
    ],
)
def test_malformed_switch_changes_nothing(talk: Talk, switches: dict[str, Any]) -> None:
    before = talk.government.script.conditions
    with pytest.raises((ValueError, TypeError, KeyError)):
        talk.government.script.load({"refuse": {"s-0": "x"}, **switches})
    assert (talk.government.script.conditions, talk.government.script.rules().refused) == (before, {})


def test_cleared_government_is_as_new(talk: Talk) -> None:
    talk.set(honour_key=False, decide={}, seed=4)
    talk.script(action="drop")
    talk.submit(SENT)
    talk.government.clear()
    assert (talk.submit(SENT).status, talk.submit(SENT).status) == (201, 200)
    assert _applied(talk) == 4
