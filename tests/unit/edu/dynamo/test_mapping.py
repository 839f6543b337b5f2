"""What goes into the table comes back the same, and what could not is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu.dynamo.mapping import from_attributes, from_item, instant_text, to_attributes, to_item


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str
    weight: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    text: str
    number: Decimal
    whole: int
    flag: bool
    at: datetime
    on: date
    colour: Colour
    blob: bytes
    inner: Inner
    inners: tuple[Inner, ...]
    words: frozenset[str]
    note: str | None = None  # what is None has no attribute, so such a field needs a default
    optional: Inner | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Anything:
    value: Any


EARLIEST, LATEST = datetime(1900, 1, 1), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds the zones
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
INNERS = st.builds(Inner, name=st.text(), weight=NUMBERS, on=st.dates())
RECORDS = st.builds(
    Record,
    text=st.text(),
    number=NUMBERS,
    whole=st.integers(-(10**37), 10**37),
    flag=st.booleans(),
    at=st.datetimes(EARLIEST, LATEST, timezones=st.just(timezone(timedelta(hours=-3)))),
    on=st.dates(),
    colour=st.sampled_from(Colour),
    blob=st.binary(),
    inner=INNERS,
    inners=st.lists(INNERS, max_size=3).map(tuple),
    words=st.frozensets(st.text(), max_size=3),
    note=st.none() | st.text(),
    optional=st.none() | INNERS,
)


@given(RECORDS)
def test_every_record_comes_back_from_the_wire_form_as_it_was(record: Record) -> None:
    assert from_attributes(Record, from_item(to_item(to_attributes(record)))) == record


@given(RECORDS)
def test_instants_are_stored_as_utc_text_of_one_width_and_none_not_at_all(record: Record) -> None:
    stored = to_attributes(record)
    assert len(stored["at"]) == len("2026-11-23T10:15:00.000000Z")
    assert stored["at"].endswith("Z")
    assert ("note" in stored) == (record.note is not None)


@given(st.lists(st.datetimes(EARLIEST, LATEST, timezones=st.sampled_from([UTC, timezone.min])), max_size=9))
def test_order_of_instant_texts_is_the_order_of_the_instants(instants: list[datetime]) -> None:
    assert sorted(map(instant_text, instants)) == list(map(instant_text, sorted(instants)))


@pytest.mark.parametrize(
    "value",
    [
        *(0.5, float("nan"), [1, {"deep": 0.5}], {5: "five"}, datetime(2026, 1, 1)),  # noqa: DTZ001 - naive on purpose
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")),
        *(Decimal("1." + "1" * 38), Decimal("1E+200"), Decimal("1E-200"), 10**38 + 1, [Decimal("-Infinity")]),
    ],
    ids=repr,
)
def test_what_has_no_exact_form_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_attributes(Anything(value))


@pytest.mark.parametrize("value", [Decimal("1." + "1" * 37), 10**38 - 1, Decimal("-0.10"), Decimal("1E+100")], ids=repr)
def test_longest_exact_numbers_come_back(value: Decimal) -> None:
    assert from_item(to_item(to_attributes(Anything(value))))["value"] == value


def test_unknown_attributes_are_left_out() -> None:
    inner = Inner(name="x", weight=Decimal(1), on=date(2026, 1, 1))
    assert from_attributes(Inner, {**to_attributes(inner), "pk": "SCHOOL#a", "sk": "b", "entity": "inner"}) == inner


def test_whole_numbers_come_back_as_int_and_others_as_decimal() -> None:
    found = from_item({"a": {"N": "25.00"}, "b": {"N": "12.50"}, "c": {"L": [{"N": "1"}]}, "d": {"B": b"\xff"}})
    assert (found, type(found["a"]), type(found["b"])) == (
        {"a": 25, "b": Decimal("12.5"), "c": [1], "d": b"\xff"},
        int,
        Decimal,
    )
