"""Who attacks: a real session or key of each principal, and the clients that sign with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from tests.isolation.policy.law import SCOPES, SERVICES, TAGGED, Caller
from tests.isolation.sections import ALLOWED, DENIED, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cloud import Cloud

_ASSUMED_BY = {"tenant": "web", "platform": "worker", "console": "web", "lake": "worker"}
_OUTPUT = {"tenant": "TenantRoleArn", "platform": "PlatformRoleArn", "console": "ConsoleRoleArn", "lake": "LakeRoleArn"}
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403", "NotAuthorizedException"})
_CONDITION = "ConditionalCheckFailed"
REGION = "us-east-1"


def client_config() -> Config:
    """One try, and no endpoint but the one given."""
    return Config(
        retries={"total_max_attempts": 1},
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lag behind botocore
        parameter_validation=False,
        s3={"addressing_style": "path"},
    )


@dataclass(frozen=True)
class Actor:
    """A principal with credentials of its own."""

    caller: Caller
    endpoint_url: str
    keys: tuple[str, str, str | None]

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.caller.name

    @cached_property
    def _session(self) -> boto3.Session:
        key_id, secret, token = self.keys
        return boto3.Session(key_id, secret, token, region_name=REGION)

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """A client that signs as this principal; for one thread at a time to make, for any to use."""
        if service not in self._clients:
            self._clients[service] = self._session.client(  # type: ignore[call-overload]  # a name known at run time
                service, endpoint_url=self.endpoint_url, config=client_config()
            )
        return self._clients[service]


def of_service(cloud: Cloud, name: str) -> Actor:
    """The service itself, with its own key."""
    found = boto3.Session(profile_name=name).get_credentials()
    assert found is not None, f"no key for {name}"
    frozen = found.get_frozen_credentials()
    keys = (str(frozen.access_key), str(frozen.secret_key), None)
    return Actor(Caller(name), cloud.emulator.endpoint_url, keys)


def of_scope(cloud: Cloud, name: str, school_id: str | None = None, **request: Any) -> Actor:
    """A scope's session, asked for by a service that may."""
    tags = [{"Key": "school_id", "Value": school_id}] if school_id else []
    sts = of_service(cloud, _ASSUMED_BY[name]).client("sts")
    answer = sts.assume_role(
        RoleArn=cloud.outputs[_OUTPUT[name]], RoleSessionName=f"isolation-{name}", Tags=tags, **request
    )["Credentials"]
    keys = (answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    return Actor(Caller(name, school_id), cloud.emulator.endpoint_url, keys)


def everybody(cloud: Cloud, school_id: str) -> list[Actor]:
    """The four scopes and the three services. Beat is a process of the service ``worker``."""
    scopes = [of_scope(cloud, name, school_id if name in TAGGED else None) for name in SCOPES]
    return scopes + [of_service(cloud, name) for name in SERVICES]


def verdict(call: Callable[[], Any]) -> tuple[str, str]:
    """How a call ends (``allowed``, ``denied``, ``refused``: the service itself says no) and all it said.

    A condition that fails was looked at: the call was allowed.
    """
    try:
        return ALLOWED, repr(_read(call()))
    except ParamValidationError as error:
        return REFUSED, str(error)
    except ClientError as error:
        return _of_error(error.response), repr(error.response)


def _read(answer: Any) -> Any:
    """The answer with its body read, where it streams."""
    if isinstance(answer, dict) and hasattr(answer.get("Body"), "read"):
        return answer | {"Body": answer["Body"].read()}
    return answer


def _of_error(response: Any) -> str:
    code = response["Error"]["Code"]
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons") or []} - {"None", None}
    if code in _DENIALS or reasons & _DENIALS:
        return DENIED
    if code == f"{_CONDITION}Exception" or (code == "TransactionCanceledException" and reasons == {_CONDITION}):
        return ALLOWED
    return f"error {code}" if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500 else REFUSED
