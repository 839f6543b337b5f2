"""Verifies the queues: visibility timeout, number of deliveries, dead-letter queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from deploy.stack.verification.mismatch import Mismatch, differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient

    from deploy.stack.verification.expected import Expected

_QUEUES: Final = {f"{name}QueueUrl": f"{name}DlqUrl" for name in ("Behavior", "Govsync", "Maintenance")}
_DEAD_LETTERS: Final = (*_QUEUES.values(), "PipeDlqUrl")


def check_queues(sqs: SQSClient, outputs: Mapping[str, str], expected: Expected) -> list[Mismatch]:
    """Redrive, visibility timeout, retention and encryption of every queue."""
    found: list[Mismatch] = []
    dead_letters = {key: _attributes(sqs, outputs[key]) for key in _DEAD_LETTERS}
    for key, attributes in dead_letters.items():
        found += differences(
            f"queue {_name(outputs[key])}",
            {"retention_s": str(expected.dead_letter_retention_s), "encrypted": "true"},
            {"retention_s": attributes.get("MessageRetentionPeriod"), "encrypted": attributes.get(_ENCRYPTED)},
        )
    for key, dead_letter_key in _QUEUES.items():
        attributes = _attributes(sqs, outputs[key])
        redrive = json.loads(attributes.get("RedrivePolicy", "{}"))
        found += differences(
            f"queue {_name(outputs[key])}",
            {
                "visibility_timeout_s": str(expected.visibility_timeout_s),
                "encrypted": "true",
                "tries": expected.max_receive_count,
                "dead letters go to": dead_letters[dead_letter_key].get("QueueArn"),
            },
            {
                "visibility_timeout_s": attributes.get("VisibilityTimeout"),
                "encrypted": attributes.get(_ENCRYPTED),
                "tries": int(redrive.get("maxReceiveCount", 0)),
                "dead letters go to": redrive.get("deadLetterTargetArn"),
            },
        )
    return found


_ENCRYPTED: Final = "SqsManagedSseEnabled"


def _attributes(sqs: SQSClient, url: str) -> Mapping[str, str]:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {str(name): value for name, value in attributes.items()}


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]
