"""The IAM actions SQS's batch operations are checked as: on AWS each is its single operation's.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

from typing import Any

from deploy.emulator.extension import patching

_BATCH = "Batch"


def _iam_action(original: patching.AnyFunction) -> patching.AnyFunction:
    def extract_iam_action(  # noqa: PLR0917 - ministack's signature
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> str | None:
        action: str | None = original(service, method, path, headers, body, query_params)
        return action.removesuffix(_BATCH) if service == "sqs" and action else action

    return extract_iam_action


def install() -> None:
    """Check batches of messages as what they do."""
    actions = patching.core("iam_actions")
    patching.replace(actions, "extract_iam_action", "service method path headers body query_params", _iam_action)
