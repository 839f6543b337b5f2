"""The alarms over what we count ourselves: syncs to look at or past their deadline, a queue or a table that is away."""

from __future__ import annotations

import pytest

from tests.unit.deploy import data_plane


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("SyncNeedsReview", "SyncNeedsReview"),
        ("SyncOverdue", "SyncOverdue"),
        ("EventDoorRefuses", "QueueUnavailable"),
    ],
)
def test_once_is_enough_to_tell_somebody(name: str, metric: str) -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")[name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", metric, "Sum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["AlarmActions"]) == (1, 1, [{"Ref": "Alerts"}])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")


def test_ledger_of_events_that_does_not_close_is_told() -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")["EventsLedgerOpen"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", "LedgerOpen", "Maximum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Period"], alarm["Threshold"], alarm["AlarmActions"]) == (900, 1, [{"Ref": "Alerts"}])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")


def test_table_that_goes_on_not_answering_the_events_worker_is_told() -> None:
    """One pause is what a moment's throttling makes; a lane pauses for a second, then two, then four."""
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")["EventsPaused"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", "EventsPaused", "Sum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Period"], alarm["Threshold"], alarm["AlarmActions"]) == (300, 3, [{"Ref": "Alerts"}])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")
