from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu import values

# What Python's own parsers take, or a person might write, and no contract of ours says.
NO_NUMBERS = [
    *("", " ", "5 ", " 5", "5\n", "\t5", "\u00a05", "+5", "1_0", "0x5", "1e1", "1E1", "5.", ".5", "5,5", "--5", "5-"),
    *("\u0663", "\uff15", "\u2165", "\u00bd", "5\u200b", "NaN", "sNaN", "inf", "Infinity", "five", "5" * 13),
]
almost_numbers = st.text(alphabet="0123456789.-+eE,_ \n\u0663\uff15 nNaAiIfF", max_size=14)
almost_instants = st.text(alphabet="0123456789-:.+TtZzW \u0663", max_size=32)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_number_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        values.decimal_number(text)
    with pytest.raises(ValueError, match="not a"):
        values.whole_number(text)


@pytest.mark.parametrize("text", ["-0", "-0.0", "-00"])
def test_decimal_that_is_less_than_nothing_and_nothing_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        values.decimal_number(text)


def test_numbers_are_read_digit_by_digit() -> None:
    assert [values.whole_number(text) for text in ("0", "007", "-5", "9" * 12)] == [0, 7, -5, 10**12 - 1]
    read = [str(values.decimal_number(text)) for text in ("0", "0.10", "-1.25", "007.5", "9" * 12 + "." + "9" * 12)]
    assert read == ["0", "0.10", "-1.25", "7.5", "9" * 12 + "." + "9" * 12]
    with pytest.raises(ValueError, match="not a whole number"):
        values.whole_number("5.0")


@given(almost_numbers)
def test_whatever_is_read_as_a_number_is_plain_ascii_and_worth_it(text: str) -> None:
    try:
        read = values.decimal_number(text)
    except ValueError:
        return
    assert text.isascii()
    assert set(text) <= set("0123456789.-")
    assert read == Decimal(text)


@given(st.dates())
def test_date_has_one_form(day: date) -> None:
    assert values.calendar_date(day.isoformat()) == day
    for other in (f"{day:%Y%m%d}", f"{day.year:04}-W{day.isocalendar()[1]:02}-1", f"{day.isoformat()} "):
        with pytest.raises(ValueError, match="not a date"):
            values.calendar_date(other)


@pytest.mark.parametrize(
    "text", ["2026-W47-5", "2026-1-5", "20261123", "2026-327", "\u0662026-11-23", "2026-11-23T00:00"]
)
def test_date_written_otherwise_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        values.calendar_date(text)


@pytest.mark.parametrize("text", ["2026-02-30", "0000-01-01", "2026-13-01"])
def test_day_that_is_not_there_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        values.calendar_date(text)


AT = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-11-23T10:15:00-05:00", timedelta(0)),
        ("2026-11-23t15:15:00z", timedelta(0)),
        ("2026-11-23T15:15:00-00:00", timedelta(0)),
        ("2026-11-24T15:14:00+23:59", timedelta(0)),
        ("2026-11-23T15:15:00.5Z", timedelta(milliseconds=500)),
        ("2026-11-23T15:15:00.1234567Z", timedelta(microseconds=123456)),
        ("2026-11-23T15:15:00.123456789Z", timedelta(microseconds=123456)),
        ("2026-11-23T15:15:00.9999999999999999999999Z", timedelta(microseconds=999999)),
    ],
)
def test_instant_is_what_rfc_3339_writes(text: str, after: timedelta) -> None:
    assert values.instant(text) == AT + after


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "2016-12-31T18:59:60-05:00", "2017-01-01T05:29:60+05:30"])
def test_leap_second_is_the_second_after_it(text: str) -> None:
    assert values.instant(text) == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-11-23", "2026-11-23T15:15:00", "2026-11-23 15:15:00Z", "2026-11-23T15:15Z"),
        *("2026-11-23T15:15:00.Z", "2026-11-23T15:15:00,5Z", " 2026-11-23T15:15:00Z", "2026-11-23T15:15:00Z\n"),
        *("2026-11-23T24:00:00Z", "2026-11-23T15:60:00Z", "2026-11-23T15:15:61Z", "2026-11-23T15:15:60Z"),
        *("2026-11-23T15:15:00+5:00", "2026-11-23T15:15:00+0500", "2026-11-23T15:15:00+24:00"),
        *("2026-11-23T15:15:00+05:60", "2026-11-31T15:15:00Z", "2026-W47-1T15:15:00Z", "20261123T151500Z"),
        *("\u0662026-11-23T15:15:00Z", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z"),
    ],
)
def test_instant_written_otherwise_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        values.instant(text)


@given(almost_instants)
def test_whatever_is_read_as_an_instant_has_an_offset(text: str) -> None:
    try:
        read = values.instant(text)
    except ValueError:
        return
    assert read.utcoffset() is not None


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_instant_survives_being_written(at: datetime, offset_min: int) -> None:
    written = at.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    assert values.instant(written.isoformat()) == written


@pytest.mark.parametrize("value", ["", " a", "a ", "a\n", "A", "\u00f1", "a#b", "*", "a" * 41, None, 7, ["a"]])
def test_id_has_one_form(value: object) -> None:
    assert not values.is_id(value)
    assert not values.is_school_id(value)
    assert not values.is_uuid(value)


def test_ids() -> None:
    assert values.is_id("2026-t1")
    assert values.is_school_id("escuela-1")
    assert not values.is_school_id("-escuela")
    assert values.is_uuid("0B1F6A52-3c1e-4c8b-9a55-2f2f6f1f0a01")


def test_command_line_reads_numbers_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--year", type=values.whole_number)
    assert parser.parse_args(["--year", "2026"]).year == 2026
    with pytest.raises(argparse.ArgumentError, match="invalid whole_number value: '2_026'"):
        parser.parse_args(["--year", "2_026"])
    assert capsys.readouterr().out == ""
