"""The alarms over the government sync: for a run that a person must look at, and for one past its deadline."""

from __future__ import annotations

import pytest

from tests.unit.deploy import data_plane


@pytest.mark.parametrize("name", ["SyncNeedsReview", "SyncOverdue"])
def test_one_run_is_enough_to_tell_somebody(name: str) -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")[name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", name, "Sum")
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["AlarmActions"]) == (1, 1, [{"Ref": "Alerts"}])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")
