"""Verification of a deployed stack: are the resources really as the template says?

CloudFormation's ``COMPLETE`` does not prove it: an emulator may ignore a property without an error, and a person may
have changed one by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from deploy.stack.verification.access import check_access
from deploy.stack.verification.expected import Expected
from deploy.stack.verification.identity import check_identity
from deploy.stack.verification.messaging import check_queues
from deploy.stack.verification.mismatch import Mismatch
from deploy.stack.verification.pipeline import check_pipeline
from deploy.stack.verification.storage import check_lake, check_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.stack.deployment import Clients

__all__ = ["Expected", "Mismatch", "verify"]
_DEFAULT: Final = Expected()


def verify(outputs: Mapping[str, str], clients: Clients, expected: Expected = _DEFAULT) -> list[Mismatch]:
    """Compare every resource with what is expected of it; an empty list means that nothing differs.

    Raises botocore's ClientError when a resource is missing altogether or may not be read.
    """
    return [
        *check_table(clients.dynamodb, outputs["TableName"], expected),
        *check_queues(clients.sqs, outputs, expected),
        *check_lake(clients.s3, outputs["LakeBucket"], expected),
        *check_identity(clients.cognito, outputs["UserPoolId"], outputs["UserPoolClientId"], expected),
        *check_pipeline(clients, outputs, expected),
        *check_access(clients.iam, outputs),
    ]
