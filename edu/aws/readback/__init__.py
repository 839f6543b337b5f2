"""Did the cloud really do what the template says? CloudFormation answers COMPLETE; this looks at the resources.

An emulator may drop a property in silence, a person may have changed one by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edu.aws.readback.access import check_access
from edu.aws.readback.expected import Expected
from edu.aws.readback.identity import check_identity
from edu.aws.readback.messaging import check_queues
from edu.aws.readback.mismatch import Mismatch
from edu.aws.readback.pipeline import check_pipeline
from edu.aws.readback.storage import check_lake, check_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.aws.stacks import Clients

__all__ = ["Expected", "Mismatch", "verify"]
_DEFAULT: Final = Expected()


def verify(outputs: Mapping[str, str], clients: Clients, expected: Expected = _DEFAULT) -> list[Mismatch]:
    """Read every promise back; an empty list means that all are kept.

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
