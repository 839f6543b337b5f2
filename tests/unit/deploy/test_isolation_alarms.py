"""The alarms over isolation: for a breach, a silent canary, a refusal at a border, passwords tried at the console."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deploy import data_plane


@pytest.fixture(scope="module")
def alarms() -> dict[str, dict[str, Any]]:
    found = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")
    return {name: alarm["Properties"] for name, alarm in found.items()}


@pytest.mark.parametrize("name", ["IsolationBreached", "IsolationUnwatched"])
def test_isolation_alarm_watches_the_canarys_metric_and_tells_somebody(
    alarms: dict[str, dict[str, Any]], name: str
) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Libreta", "IsolationBreach")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]


def test_one_breach_is_enough(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["IsolationBreached"]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Maximum", 1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_silence_of_a_quarter_of_an_hour_is_a_breach(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["IsolationUnwatched"]
    assert (alarm["Statistic"], alarm["Period"] * alarm["EvaluationPeriods"]) == ("SampleCount", 900)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"


def test_one_refusal_at_a_border_is_enough(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["AccessDenied"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", "AccessDenied", "Sum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["AlarmActions"]) == (1, 1, [{"Ref": "Alerts"}])


def test_refused_sign_ins_alarm_when_they_are_many(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["ConsoleSignInRefused"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", "ConsoleSignInRefused", "Sum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (20, 300, 1)
    assert (alarm["ComparisonOperator"], alarm["AlarmActions"]) == (
        "GreaterThanOrEqualToThreshold",
        [{"Ref": "Alerts"}],
    )
