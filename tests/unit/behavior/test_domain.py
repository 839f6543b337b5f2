"""What is an event and what is not."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from behavior.domain.events import (
    CLOCK_SKEW,
    EARLY_AFTER,
    LATE_AFTER,
    OLDEST,
    Arrival,
    BrokenRule,
    Clock,
    Comparison,
    Event,
    InvalidEventError,
    InvalidPartError,
    arrival_at,
    as_message,
    clock_of,
    compare,
    is_student_id,
    parse_event,
    parse_part,
    part_message,
    value_text,
)
from behavior.domain.kinds import DEVICE_KINDS, KINDS, Reporter
from behavior.errors import field_errors

NOW = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)
ID = "0b1f6a52-3c1e-4c8b-9a55-2f2f6f1f0a01"
GOOD: dict[str, Any] = {"event_id": ID, "kind": "participation", "occurred_at": "2026-11-23T10:15:00-05:00"}
ARRIVED_MS = int(NOW.timestamp() * 1000)
PART: dict[str, Any] = {"school_id": "norte", "student_id": "est-1", "arrived_at_ms": ARRIVED_MS, "events": [GOOD]}


def broken_by(**changes: object) -> tuple[BrokenRule, ...]:
    with pytest.raises(InvalidEventError) as caught:
        parse_event(GOOD | changes, now=NOW)
    return caught.value.broken


def test_event_of_a_full_object_is_canonical() -> None:
    raw = GOOD | {"event_id": ID.upper(), "value": 3.50, "note": "levantó la mano 👩‍🏫"}
    assert parse_event(raw, now=NOW) == Event(
        event_id=ID, kind="participation", occurred_at=NOW, value=Decimal("3.5"), note="levantó la mano 👩‍🏫"
    )


def test_event_without_the_optional_fields_is_taken() -> None:
    assert parse_event(GOOD | {"value": None, "note": ""}, now=NOW) == parse_event(GOOD, now=NOW)


@pytest.mark.parametrize("raw", [None, 1, "x", [], [GOOD], True])
def test_event_that_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_event(raw, now=NOW)
    assert caught.value.broken == (BrokenRule("", "object"),)


@pytest.mark.parametrize("name", ["school_id", "student_id", "custom:school_id", "pk", "expires_at"])
def test_event_with_a_forged_field_is_refused(name: str) -> None:
    assert broken_by(**{name: "other-school"}) == (BrokenRule(name, "unknown_field"),)


@pytest.mark.parametrize("value", [None, 7, "", "x", ID[:-1], ID + "0", ID.replace("-", ""), f"{ID}\n", "{" + ID + "}"])
def test_event_id_that_is_no_uuid_is_refused(value: object) -> None:
    assert broken_by(event_id=value) == (BrokenRule("event_id", "uuid"),)


@pytest.mark.parametrize("value", [None, 7, "", "Late", "a b", "a#b", "a" * 33, "ñ", "late\n", ["late"]])
def test_kind_of_another_form_is_refused(value: object) -> None:
    assert broken_by(kind=value) == (BrokenRule("kind", "kind"),)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1_763_910_900,
        "2026-11-23T10:15:00",
        "2026-11-23 10:15:00Z",
        "2026-11-23",
        "2026-11-31T10:15:00Z",
        "2026-11-23T24:15:00Z",
        "2026-11-23T10:15:00+99:00",
        "٢٠٢٦-11-23T10:15:00Z",
        "now",
    ],
)
def test_instant_that_is_naive_or_malformed_is_refused(value: object) -> None:
    assert broken_by(occurred_at=value) == (BrokenRule("occurred_at", "instant"),)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T10:15:00.1234567-05:00",
        "2026-11-23T10:15:00.123456789-05:00",
        "2026-11-23t15:15:00.123456z",
        "2026-11-23T15:15:00.1234569Z",
    ],
)
def test_instant_as_rfc_3339_may_write_it_is_taken(value: str) -> None:
    assert parse_event(GOOD | {"occurred_at": value}, now=NOW).occurred_at == NOW + timedelta(microseconds=123456)


@pytest.mark.parametrize(
    ("away", "rule"),
    [
        (CLOCK_SKEW + timedelta(seconds=1), "in_the_future"),
        (-OLDEST - timedelta(seconds=1), "too_old"),
    ],
)
def test_instant_out_of_bounds_is_refused(away: timedelta, rule: str) -> None:
    assert broken_by(occurred_at=(NOW + away).isoformat()) == (BrokenRule("occurred_at", rule),)


@pytest.mark.parametrize("away", [CLOCK_SKEW, -OLDEST])
def test_instant_at_a_bound_is_taken(away: timedelta) -> None:
    assert parse_event(GOOD | {"occurred_at": (NOW + away).isoformat()}, now=NOW).occurred_at == NOW + away


@pytest.mark.parametrize("waited", [-CLOCK_SKEW, timedelta(0), timedelta(days=4 + 14)])
def test_part_that_waited_as_long_as_queues_keep_messages_is_still_taken(waited: timedelta) -> None:
    assert parse_part(PART, now=NOW + waited).arrived_at == NOW


def test_event_is_judged_by_its_arrival_however_long_it_waited() -> None:
    oldest = arrival_at(NOW + timedelta(microseconds=999)) - OLDEST
    message = part_message(
        school_id="norte",
        student_id="est-1",
        arrived_at=arrival_at(NOW + timedelta(microseconds=999)),
        events=[parse_event(GOOD | {"occurred_at": oldest.isoformat()}, now=NOW)],
    )
    part = parse_part(json.loads(json.dumps(message)), now=NOW + timedelta(days=18))
    assert parse_event(part.events[0], now=part.arrived_at).occurred_at == oldest


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"school_id": "NORTE"}, "school_id"),
        ({"school_id": ["norte"]}, "school_id"),
        ({"student_id": "a#b"}, "student_id"),
        ({"events": []}, "events"),
        ({"events": {"0": GOOD}}, "events"),
        ({"arrived_at_ms": str(ARRIVED_MS)}, "arrived_at_ms"),
        ({"arrived_at_ms": float(ARRIVED_MS)}, "arrived_at_ms"),
        ({"arrived_at_ms": True}, "arrived_at_ms"),
        ({"arrived_at_ms": 10**18}, "arrived_at_ms"),
        ({"arrived_at_ms": 0}, "arrived_at_ms"),
        ({"arrived_at_ms": ARRIVED_MS + 16 * 60_000}, "arrived_at_ms"),
        ({"arrived_at_ms": ARRIVED_MS - 19 * 86_400_000}, "arrived_at_ms"),
        ({"other": 1}, "members"),
    ],
)
def test_part_that_no_door_made_is_none(changes: dict[str, object], wrong: str) -> None:
    with pytest.raises(InvalidPartError, match=f"^{wrong}$"):
        parse_part(PART | changes, now=NOW)
    for name in PART:
        with pytest.raises(InvalidPartError):
            parse_part({key: value for key, value in PART.items() if key != name}, now=NOW)


def arrival(minute: int, value: str | None = None) -> Arrival:
    event = Event(event_id=ID, kind="late", occurred_at=NOW, value=None if value is None else Decimal(value))
    return Arrival(student_id="est-1", event=event, arrived_at=NOW + timedelta(minutes=minute))


def test_first_arrival_wins_whichever_is_stored_first() -> None:
    assert compare(arrival(0), arrival(5)) is Comparison.SAME
    assert compare(arrival(5), arrival(0)) is Comparison.SAME
    assert compare(arrival(0), arrival(5, "1")) is Comparison.LATER
    assert compare(arrival(5), arrival(0, "1")) is Comparison.EARLIER
    assert compare(arrival(0), arrival(0, "1")) is Comparison.LATER


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_instant_at_the_ends_of_the_calendar_is_refused_like_any_other(value: str) -> None:
    (only,) = broken_by(occurred_at=value)
    assert only.rule in {"in_the_future", "too_old"}


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("3.5", "number"),
        (True, "number"),
        ([], "number"),
        ({}, "number"),
        (float("nan"), "out_of_range"),
        (float("inf"), "out_of_range"),
        (float("-inf"), "out_of_range"),
        (1e308, "out_of_range"),
        (10**400, "out_of_range"),
        (1_000_000, "out_of_range"),
        (-1_000_000, "out_of_range"),
        (0.12345, "too_precise"),
        (1e-300, "too_precise"),
        (Decimal("1E+999999999999"), "out_of_range"),
        (Decimal("1E-999999999999"), "too_precise"),
        (Decimal("3.50000000000000001"), "too_precise"),
    ],
)
def test_value_that_is_no_small_number_is_refused(value: object, rule: str) -> None:
    assert broken_by(value=value) == (BrokenRule("value", rule),)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (100, "100"), (3.50, "3.5"), (-1.25, "-1.25"), (1e2, "100"), (0.0001, "0.0001")],
)
def test_value_is_written_as_a_plain_decimal(value: float, text: str) -> None:
    assert value_text(parse_event(GOOD | {"value": value}, now=NOW).value) == text


@pytest.mark.parametrize(
    ("note", "rule"),
    [(7, "text"), ("a\x00b", "text"), ("a\x1b[31m", "text"), ("\ud800", "text"), ("ñ" * 281, "too_long")],
)
def test_note_that_no_one_could_read_is_refused(note: object, rule: str) -> None:
    assert broken_by(note=note) == (BrokenRule("note", rule),)


def test_note_of_280_characters_with_lines_is_taken() -> None:
    note = "ñ\n" * 140
    assert parse_event(GOOD | {"note": note}, now=NOW).note == note


def test_line_ends_of_any_system_are_line_feeds_and_counted_as_one() -> None:
    assert parse_event(GOOD | {"note": "uno\r\ndos\rtres"}, now=NOW).note == "uno\ndos\ntres"
    assert parse_event(GOOD | {"note": "ñ\r\n" * 140}, now=NOW).note == "ñ\n" * 140


@pytest.mark.parametrize(("note", "named"), [("a\x07", "U+0007"), ("a\x00b", "U+0000"), ("\ud800", "U+D800")])
def test_refused_note_names_the_character(note: str, named: str) -> None:
    (broken,) = broken_by(note=note)
    assert broken.character == named
    [told] = field_errors(InvalidEventError((broken,)), 3)
    with translation.override("es"):
        assert (told.field, told.rule, str(told.message)) == (
            "[3].note",
            "text",
            f"Envíe texto sin caracteres de control: {named}",
        )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_of_the_catalogue_is_taken_from_a_device_only_if_devices_report_it(kind: str) -> None:
    if Reporter.DEVICE in KINDS[kind].reporters:
        assert parse_event(GOOD | {"kind": kind}, now=NOW).kind == kind
    else:
        assert broken_by(kind=kind) == (BrokenRule("kind", "kind_of_staff"),)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(0), Clock.ON_TIME),
        (LATE_AFTER, Clock.ON_TIME),
        (LATE_AFTER + timedelta(microseconds=1), Clock.LATE),
        (-EARLY_AFTER, Clock.ON_TIME),
        (-EARLY_AFTER - timedelta(microseconds=1), Clock.EARLY),
    ],
)
def test_clock_is_marked_past_its_bounds(after: timedelta, expected: Clock) -> None:
    assert clock_of(NOW, NOW + after) is expected


def test_every_broken_rule_is_told_and_no_value() -> None:
    with pytest.raises(InvalidEventError) as caught:
        parse_event({"kind": "SECRETO", "occurred_at": "ayer", "note": "x\x00", "otro": 1}, now=NOW)
    assert {part.field for part in caught.value.broken} == {"event_id", "kind", "occurred_at", "note", "otro"}
    assert "SECRETO" not in str(caught.value)


def test_note_stays_out_of_the_representation() -> None:
    assert "secreto" not in repr(parse_event(GOOD | {"note": "secreto"}, now=NOW))


events = st.builds(
    Event,
    event_id=st.uuids().map(str),
    kind=st.sampled_from(sorted(DEVICE_KINDS)),
    occurred_at=st.timedeltas(min_value=-OLDEST, max_value=CLOCK_SKEW).map(lambda away: NOW + away),
    value=st.none() | st.decimals(-999_999, 999_999, places=4).map(lambda value: parse_value(float(value))),
    note=st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=280),
)


def parse_value(value: float) -> Decimal | None:
    return parse_event(GOOD | {"value": value}, now=NOW).value


@given(events)
def test_event_survives_its_message(event: Event) -> None:
    assert parse_event(json.loads(json.dumps(as_message(event))), now=NOW) == event


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_whatever_is_offered_is_an_event_or_refused(raw: object) -> None:
    for name in GOOD:
        with suppress(InvalidEventError):
            assert parse_event(GOOD | {name: raw}, now=NOW).kind


@pytest.mark.parametrize("value", ["", "a#b", "a b", "ñ", "a" * 65, None, 7, "a\n"])
def test_student_id_that_could_break_a_key_is_none(value: object) -> None:
    assert not is_student_id(value)
