"""How many messages a queue holds."""

from __future__ import annotations

from typing import Any, Final

_COUNTS: Final[Any] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def depth_of(sqs: Any, url: str) -> int:
    """Visible, in flight, or sent with a delay."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
    return sum(int(found[name]) for name in _COUNTS)
