"""The data plane's stack: apply ``deploy/data-plane.yaml``, read its outputs, name them as our settings do.

Needs no Django and no settings, so that tests and tools can deploy too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from deploy.stack.change_sets import (
    FIRST_POLL_S,
    LONGEST_POLL_S,
    Change,
    DeploymentError,
    create_change_set,
    deployment_errors,
    read_changes,
)
from deploy.stack.template import TEMPLATE_PATH, upload_template
from edu.queues import QUEUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_pipes import EventBridgePipesClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

DEFAULT_REGION: Final = "us-east-1"
STACK_TIMEOUT_S: Final = 1800.0
_NEW: Final = frozenset({"REVIEW_IN_PROGRESS"})
_USABLE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
_DONE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


class DeploymentDeclinedError(DeploymentError):
    """The operator said no to the changes shown; nothing was changed."""

    code = "deployment_declined"


class Clients(NamedTuple):
    """The clients that deploying and verifying take, all of one account, region and endpoint."""

    cloudformation: CloudFormationClient
    cognito: CognitoIdentityProviderClient
    dynamodb: DynamoDBClient
    firehose: FirehoseClient
    iam: IAMClient
    pipes: EventBridgePipesClient
    s3: S3Client
    sqs: SQSClient
    sts: STSClient


@dataclass(frozen=True)
class DataPlane:
    """Which stack is meant and with what parameters. ``local`` is the emulator: users for roles, plain HTTP.

    What is None keeps the value the stack has, or takes the template's default when the stack is new.
    """

    env: str = "dev"
    local: bool = True
    operator_principal_arn: str | None = None
    alert_email: str | None = None
    firehose_buffer_s: int | None = None

    @property
    def stack_name(self) -> str:
        """The stack's name, ``libreta-<env>``."""
        return f"libreta-{self.env}"

    def parameters(self, *, is_new: bool) -> list[ParameterTypeDef]:
        """The template's parameters, for a new stack or for one that has values already."""
        on_aws = "false" if self.local else "true"
        values = {
            "Env": self.env,
            "LocalUsers": "true" if self.local else "false",
            "RequireTls": on_aws,
            "ProtectData": on_aws,
            "OperatorPrincipalArn": self.operator_principal_arn,
            "AlertEmail": self.alert_email,
            "FirehoseBufferSeconds": None if self.firehose_buffer_s is None else str(self.firehose_buffer_s),
        }
        given: list[ParameterTypeDef] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in values.items() if value is not None
        ]
        if is_new:
            return given
        return given + [
            {"ParameterKey": key, "UsePreviousValue": True} for key, value in values.items() if value is None
        ]


def connect(
    *, endpoint_url: str | None, region: str = DEFAULT_REGION, credentials: Mapping[str, str] | None = None
) -> Clients:
    """Clients for ``endpoint_url`` (None is AWS's own), whatever endpoint the environment may name.

    Args:
        endpoint_url: as for boto3.
        region: where the stack lives.
        credentials: ``aws_access_key_id`` and the like; without them, the SDK's usual chain.
    """
    session = boto3.Session(region_name=region, **dict(credentials or {}))  # type: ignore[arg-type] # names vary
    arguments: dict[str, Any] = {
        "endpoint_url": endpoint_url,
        "config": Config(
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg] # the stubs do not know it yet
            retries={"mode": "standard", "total_max_attempts": 5},
        ),
    }
    return Clients(
        cloudformation=session.client("cloudformation", **arguments),
        cognito=session.client("cognito-idp", **arguments),
        dynamodb=session.client("dynamodb", **arguments),
        firehose=session.client("firehose", **arguments),
        iam=session.client("iam", **arguments),
        pipes=session.client("pipes", **arguments),
        s3=session.client("s3", **arguments),
        sqs=session.client("sqs", **arguments),
        sts=session.client("sts", **arguments),
    )


@deployment_errors()
def deploy_data_plane(
    clients: Clients,
    plane: DataPlane,
    *,
    confirm: Callable[[Sequence[Change]], bool] = lambda _changes: True,
    report: Callable[[str], None] = lambda _line: None,
    template: str | None = None,
) -> dict[str, str]:
    """Bring the stack to the template's state and return its outputs. Idempotent: without changes it does nothing.

    Args:
        clients: those of an administrator of the account.
        plane: which stack.
        confirm: asked once, with the changes, before any is made; not called when there are none.
        report: gets one line for each step, as it happens.
        template: instead of ``deploy/data-plane.yaml``.

    Raises:
        DeploymentDeclinedError: ``confirm`` said no.
        DeploymentError: AWS cannot be reached or refuses, the stack is in no state to be updated, or AWS rolled the
            change back.
    """
    cloudformation = clients.cloudformation
    stack = find_stack(cloudformation, plane.stack_name)
    is_new = stack is None or stack["StackStatus"] in _NEW
    if stack is not None and not is_new and stack["StackStatus"] not in _USABLE:
        raise DeploymentError(f"stack {plane.stack_name} is {stack['StackStatus']}: it cannot be updated now")
    text = template if template is not None else TEMPLATE_PATH.read_text(encoding="utf-8")
    url = upload_template(clients.s3, text, env=plane.env, account=clients.sts.get_caller_identity()["Account"])
    report(f"comparing stack {plane.stack_name} with the template")
    change_set = create_change_set(
        cloudformation, plane.stack_name, url, plane.parameters(is_new=is_new), is_new=is_new
    )
    changes = read_changes(cloudformation, change_set)
    if not changes:
        report("no changes")
        return read_outputs(cloudformation, plane.stack_name)
    if not confirm(changes):
        cloudformation.delete_change_set(ChangeSetName=change_set)
        raise DeploymentDeclinedError("nothing was changed")
    seen = _event_ids(cloudformation, plane.stack_name)
    cloudformation.execute_change_set(ChangeSetName=change_set)
    _wait_for_stack(cloudformation, plane.stack_name, seen, report)
    return read_outputs(cloudformation, plane.stack_name)


def find_stack(cloudformation: CloudFormationClient, stack_name: str) -> StackTypeDef | None:
    """The stack's description, or None when there is none of that name."""
    try:
        return cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def read_outputs(cloudformation: CloudFormationClient, stack_name: str) -> dict[str, str]:
    """The stack's outputs by key.

    Raises:
        DeploymentError: there is no such stack.
    """
    stack = find_stack(cloudformation, stack_name)
    if stack is None:
        raise DeploymentError(f"there is no stack {stack_name}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def stack_environment(outputs: Mapping[str, str], endpoint: str | None) -> dict[str, str]:
    """The ``LIBRETA_*`` variables that say where everything is. ``endpoint`` is the emulator's, None on AWS.

    The local system's government has a key that ``make run`` made up; on AWS it is in the stack's secret.
    """
    pool = outputs["UserPoolId"]
    issuer = outputs["JwtIssuer"]
    api_url = outputs["EventsApiUrl"]
    if endpoint:
        api_url = f"{endpoint}/restapis/{outputs['EventsApiId']}/v1/_user_request_/behavior"
    return {
        "LIBRETA_TABLE_NAME": outputs["TableName"],
        "LIBRETA_TENANT_ROLE_ARN": outputs["TenantRoleArn"],
        "LIBRETA_PLATFORM_ROLE_ARN": outputs["PlatformRoleArn"],
        "LIBRETA_CONSOLE_ROLE_ARN": outputs["ConsoleRoleArn"],
        "LIBRETA_LAKE_ROLE_ARN": outputs["LakeRoleArn"],
        **{queue.variable: _moved_to(endpoint, outputs[queue.output]) for queue in QUEUES},
        "LIBRETA_PIPE_DLQ_URL": _moved_to(endpoint, outputs["PipeDlqUrl"]),
        "LIBRETA_USER_POOL_ID": pool,
        "LIBRETA_USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "LIBRETA_JWT_ISSUER": issuer,
        "LIBRETA_JWKS_URL": f"{f'{endpoint}/{pool}' if endpoint else issuer}/.well-known/jwks.json",
        "LIBRETA_LAKE_BUCKET": outputs["LakeBucket"],
        "LIBRETA_ATHENA_WORKGROUP": outputs["AthenaWorkgroup"],
        "LIBRETA_GLUE_DATABASE": outputs["GlueDatabase"],
        "LIBRETA_EVENTS_API_URL": api_url,
        "LIBRETA_GOV_API_KEY_SECRET": "" if endpoint else outputs["GovernmentKeySecretArn"],
    }


def _moved_to(endpoint: str | None, url: str) -> str:
    """``url`` at the emulator's own address: an output keeps the host and port of the day it was made."""
    if not endpoint:
        return url
    ours = urlsplit(endpoint)
    return urlunsplit(urlsplit(url)._replace(scheme=ours.scheme, netloc=ours.netloc))


def _event_ids(cloudformation: CloudFormationClient, stack_name: str) -> set[str]:
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    return {event["EventId"] for event in events}


def _wait_for_stack(
    cloudformation: CloudFormationClient, stack_name: str, seen: set[str], report: Callable[[str], None]
) -> None:
    """Report the stack's events as they come until it is done."""
    deadline = time.monotonic() + STACK_TIMEOUT_S
    poll_s, failure = FIRST_POLL_S, ""
    while True:
        stack = find_stack(cloudformation, stack_name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        for event in reversed(cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]):
            if event["EventId"] in seen:
                continue
            seen.add(event["EventId"])
            resource, state = event.get("LogicalResourceId", ""), event.get("ResourceStatus", "")
            report(f"{state:<28} {resource}")
            if state.endswith("FAILED"):
                failure = failure or f": {resource}: {event.get('ResourceStatusReason', '')}"
        if status in _DONE:
            return
        if not status.endswith("_IN_PROGRESS"):
            raise DeploymentError(f"stack {stack_name} ended as {status}{failure}")
        if time.monotonic() > deadline:
            raise DeploymentError(f"stack {stack_name} is still {status} after {STACK_TIMEOUT_S:g} s")
        time.sleep(poll_s)
        poll_s = min(poll_s * 2, LONGEST_POLL_S)
