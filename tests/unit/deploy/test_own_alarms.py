"""The alarms over what we count ourselves: a sync to look at, one past its deadline, a queue that takes no events."""

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
