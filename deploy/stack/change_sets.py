"""What a deployment would change, as CloudFormation works it out: a change set, made, read, run or thrown away."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from edu.errors import LibretaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, ParameterTypeDef

CHANGE_SET_TIMEOUT_S: Final = 120.0
FIRST_POLL_S: Final = 0.1
LONGEST_POLL_S: Final = 5.0
_WORKED_OUT: Final = frozenset({"CREATE_COMPLETE", "FAILED"})
_NOTHING_TO_DO: Final = ("didn't contain changes", "No updates are to be performed")


class DeploymentError(LibretaError):
    """The stack could not be brought to the template's state; the message is one line for the operator."""

    code = "deployment_failed"


@contextmanager
def deployment_errors() -> Iterator[None]:
    """Turn whatever boto3 raises inside into a DeploymentError of one line."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise DeploymentError(str(error)) from error


@dataclass(frozen=True)
class Change:
    """One resource that a deployment would add, modify or remove; ``replaces`` when it would be made anew."""

    action: str
    resource: str
    resource_type: str
    replaces: bool

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.action} {self.resource} ({self.resource_type}){' REPLACED' if self.replaces else ''}"


def create_change_set(
    cloudformation: CloudFormationClient,
    stack_name: str,
    template_url: str,
    parameters: Sequence[ParameterTypeDef],
    *,
    is_new: bool,
) -> str:
    """Ask for the difference between a stack (to be made when ``is_new``) and the template; returns its ARN."""
    return cloudformation.create_change_set(
        StackName=stack_name,
        ChangeSetName=f"deploy-{uuid.uuid4().hex}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=parameters,
    )["Id"]


def read_changes(cloudformation: CloudFormationClient, change_set: str) -> list[Change]:
    """Wait until the change set is worked out and list it. An empty one is deleted and gives an empty list.

    Raises:
        DeploymentError: the template was refused, or the answer took more than ``CHANGE_SET_TIMEOUT_S``.
    """
    deadline = time.monotonic() + CHANGE_SET_TIMEOUT_S
    poll_s = FIRST_POLL_S
    while (found := cloudformation.describe_change_set(ChangeSetName=change_set))["Status"] not in _WORKED_OUT:
        if time.monotonic() > deadline:
            raise DeploymentError(f"CloudFormation did not work out the changes within {CHANGE_SET_TIMEOUT_S:g} s")
        time.sleep(poll_s)
        poll_s = min(poll_s * 2, LONGEST_POLL_S)
    if found["Status"] == "FAILED":
        cloudformation.delete_change_set(ChangeSetName=change_set)
        reason = found.get("StatusReason", "")
        if any(phrase in reason for phrase in _NOTHING_TO_DO):
            return []
        raise DeploymentError(f"CloudFormation refused the template: {reason}")
    changes = list(found["Changes"])
    while token := found.get("NextToken"):
        found = cloudformation.describe_change_set(ChangeSetName=change_set, NextToken=token)
        changes += found["Changes"]
    return [_change(change) for change in changes]


def _change(change: ChangeTypeDef) -> Change:
    resource = change.get("ResourceChange", {})
    return Change(
        action=resource.get("Action", "Modify"),
        resource=resource.get("LogicalResourceId", ""),
        resource_type=resource.get("ResourceType", ""),
        replaces=resource.get("Replacement") == "True",
    )
