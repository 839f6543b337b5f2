"""Metrics as CloudWatch's Embedded Metric Format: members of an ordinary log line, which CloudWatch Logs picks up.

No call to CloudWatch is made, so measuring costs nothing on a request's path, and a percentile is computed from every
single value: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings

NAMESPACE = "Libreta"
MILLISECONDS, COUNT = "Milliseconds", "Count"


def embedded(name: str, value: float, unit: str, **dimensions: str) -> dict[str, Any]:
    """The members that make a log record carry one value of a metric.

    The value counts under ``Env`` alone, where the alarms look, and under ``Env`` with all ``dimensions``.
    """
    sets = [["Env"], ["Env", *dimensions]] if dimensions else [["Env"]]
    definition = {"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": [{"Name": name, "Unit": unit}]}
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [definition]},
        "Env": settings.ENVIRONMENT,
        **dimensions,
        name: value,
    }
