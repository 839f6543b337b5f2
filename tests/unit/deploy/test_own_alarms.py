"""The alarms over what we count ourselves: syncs to look at or past their deadline, a queue or a table that is away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deploy import data_plane


def own_alarm(name: str, metric: str, statistic: str) -> dict[str, Any]:
    """An alarm over a metric of ours, which tells somebody and takes silence for good."""
    alarm: dict[str, Any] = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")[name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Libreta", metric, statistic)
    assert alarm["Dimensions"] == [{"Name": "Env", "Value": {"Ref": "Env"}}]
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")
    return alarm


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("SyncNeedsReview", "SyncNeedsReview"),
        ("SyncOverdue", "SyncOverdue"),
        ("SyncLineBroken", "SyncLineBroken"),
        ("SyncCredentialsRefused", "SyncCredentialsRefused"),
        ("SyncLongPause", "SyncLongPause"),
        ("SyncStepFailing", "SyncStepFailing"),
        ("EventDoorRefuses", "QueueUnavailable"),
        ("LakeFilesSetAside", "LakeFilesSetAside"),
    ],
)
def test_once_is_enough_to_tell_somebody(name: str, metric: str) -> None:
    alarm = own_alarm(name, metric, "Sum")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)


@pytest.mark.parametrize(("name", "threshold"), [("SyncDeadlineAtRisk", 1), ("SyncDeadlineAtRiskCritical", 2)])
def test_deadline_that_comes_near_is_told_as_often_as_it_is_looked_at(name: str, threshold: int) -> None:
    alarm = own_alarm(name, "SyncDeadlineAtRisk", "Maximum")
    assert (alarm["Period"], alarm["Threshold"]) == (300, threshold)


def test_ledger_of_events_that_does_not_close_is_told() -> None:
    alarm = own_alarm("EventsLedgerOpen", "LedgerOpen", "Maximum")
    assert (alarm["Period"], alarm["Threshold"]) == (900, 1)


def test_months_of_the_lake_that_are_given_up_are_told() -> None:
    alarm = own_alarm("LakeMonthsGivenUp", "LakeMonthsGivenUp", "Maximum")
    assert (alarm["Period"], alarm["Threshold"]) == (3600, 1)


def test_lake_that_nobody_merges_is_told() -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")["LakeNotMerged"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("LakeMonthsGivenUp", "SampleCount", 86_400)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]


def test_lake_that_lacks_what_the_table_wrote_is_told() -> None:
    alarm = own_alarm("LakeRowsMissing", "LakeRowsMissing", "Maximum")
    assert (alarm["Period"], alarm["Threshold"]) == (3600, 1)


def test_event_that_would_expire_without_its_row_in_the_lake_is_told() -> None:
    alarm = own_alarm("EventExpiryPutOff", "EventExpiryPutOff", "Sum")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 1, 1)


def test_lake_that_nobody_audits_is_told() -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")["LakeAuditOverdue"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("LakeRowsMissing", "SampleCount", 86_400)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]


def test_table_that_goes_on_not_answering_the_events_worker_is_told() -> None:
    """One pause is what a moment's throttling makes; a lane pauses for a second, then two, then four."""
    alarm = own_alarm("EventsPaused", "EventsPaused", "Sum")
    assert (alarm["Period"], alarm["Threshold"]) == (300, 3)


def test_door_that_is_slow_to_accept_is_told() -> None:
    alarm = data_plane.resources(data_plane.load(), "AWS::CloudWatch::Alarm")["EventAcceptSlow"]["Properties"]
    assert (alarm["MetricName"], alarm["ExtendedStatistic"], alarm["Unit"]) == (
        "EventAcceptLatency",
        "p99",
        "Milliseconds",
    )
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (60, 3, 1000)
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]
