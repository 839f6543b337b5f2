"""The policies of the template's text, with CloudFormation's functions worked out as on AWS or as on the emulator."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cfnlint.decode import decode_str  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.isolation.policy.evaluator import Document

REGION, ACCOUNT, ENV = "us-east-1", "000000000000", "test"
_ABSENT = object()
_PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": f"libreta-{ENV}",
}
_HERE = f"{REGION}:{ACCOUNT}"
# type -> the property that names it, and its ARN
_NAMED = {
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{_HERE}:table/%s"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{_HERE}:%s"),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::%s"),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/%s"),
    "AWS::IAM::User": ("UserName", f"arn:aws:iam::{ACCOUNT}:user/%s"),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName", f"arn:aws:firehose:{_HERE}:deliverystream/%s"),
    "AWS::Athena::WorkGroup": ("Name", f"arn:aws:athena:{_HERE}:workgroup/%s"),
    "AWS::Cognito::UserPool": ("", f"arn:aws:cognito-idp:{_HERE}:userpool/%s"),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{_HERE}:%s"),
}


@dataclass(frozen=True)
class Template:
    """The text under one set of parameters: ``local`` has IAM users for the services, AWS has roles."""

    text: str
    local: bool

    @cached_property
    def _parsed(self) -> dict[str, Any]:
        template, problems = decode_str(self.text)
        if problems:
            raise ValueError(f"the template cannot be read: {problems}")
        parsed: dict[str, Any] = json.loads(json.dumps(template))
        return parsed

    @cached_property
    def _parameters(self) -> dict[str, str]:
        ours = {"Env": ENV, "LocalUsers": str(self.local).lower(), "RequireTls": str(not self.local).lower()}
        person = "" if self.local else f"arn:aws:iam::{ACCOUNT}:role/a-person"
        given = ours | {"OperatorPrincipalArn": person}
        return {
            name: given.get(name, str(item.get("Default", ""))) for name, item in self._parsed["Parameters"].items()
        }

    def arn(self, logical: str) -> str:
        """The ARN of a resource."""
        resource = self._parsed["Resources"][logical]
        return _NAMED[resource["Type"]][1] % self.name(logical)

    def name(self, logical: str) -> str:
        """The name of a resource; one of our own for those that AWS would name."""
        resource = self._parsed["Resources"][logical]
        naming = _NAMED.get(resource["Type"], ("Name", ""))[0]
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Glue::Database":
            return str(self._value(properties["DatabaseInput"]["Name"]))
        return str(self._value(properties[naming])) if naming in properties else f"{logical}-by-aws"

    def identity_policies(self, logical: str) -> list[Document]:
        """A role's own policies, or those managed policies that are attached to a role or user."""
        documents = list(self._value(self._parsed["Resources"][logical]["Properties"].get("Policies", [])))
        found = [policy["PolicyDocument"] for policy in documents]
        for name, resource in self._of_type("AWS::IAM::ManagedPolicy").items():
            properties = self._value(resource["Properties"])
            if self.name(logical) in [*properties.get("Users", []), *properties.get("Roles", [])]:
                found.append(properties["PolicyDocument"])
            if not properties.get("Users") and not properties.get("Roles"):
                raise ValueError(f"{name} is attached to nobody")
        return found

    def trust_policy(self, role: str) -> Document:
        """Who may assume a role."""
        trust: Document = self._value(self._parsed["Resources"][role]["Properties"]["AssumeRolePolicyDocument"])
        return trust

    def resource_policies(self, target: str) -> list[Document]:
        """The policies that stand at a bucket or a queue."""
        kinds = {"AWS::S3::BucketPolicy": "Bucket", "AWS::SQS::QueuePolicy": "Queues"}
        found = []
        for kind, member in kinds.items():
            for resource in self._of_type(kind).values():
                named = resource["Properties"][member]
                if {"Ref": target} in (named if isinstance(named, list) else [named]):
                    found.append(self._value(resource["Properties"]["PolicyDocument"]))
        return found

    def named(self, kind: str) -> list[str]:
        """The logical names of everything of a type that there is under these parameters."""
        return list(self._of_type(kind))

    def _of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: item
            for name, item in self._parsed["Resources"].items()
            if item["Type"] == kind and self._condition(item.get("Condition"))
        }

    def _condition(self, name: str | None) -> bool:
        return name is None or bool(self._value(self._parsed["Conditions"][name]))

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for item in node if (value := self._value(item)) is not _ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in ("Ref", "Condition") and isinstance(argument, str):
                return self._ref(argument) if name == "Ref" else self._condition(argument)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), argument)
        return {key: value for key, item in node.items() if (value := self._value(item)) is not _ABSENT}

    def _function(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "GetAtt": lambda a: self._attribute(*(a if isinstance(a, list) else a.split(".", 1))),
            "Sub": lambda a: re.sub(r"\$\{([^}]+)\}", self._substituted, a),
            "If": lambda a: self._value(a[1] if self._condition(a[0]) else a[2]),
            "Equals": lambda a: self._value(a[0]) == self._value(a[1]),
            "Not": lambda a: not self._value(a[0]),
            "And": lambda a: all(self._value(item) for item in a),
            "Or": lambda a: any(self._value(item) for item in a),
        }
        return functions[name](argument)

    def _substituted(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        logical, _, attribute = name.partition(".")
        return self._attribute(logical, attribute) if attribute else str(self._ref(name))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        return _PSEUDO.get(name) or (self._parameters[name] if name in self._parameters else self.name(name))

    def _attribute(self, logical: str, attribute: str) -> str:
        if attribute == "StreamArn":
            return f"{self.arn(logical)}/stream/2026-01-01T00:00:00.000"
        if attribute not in ("Arn", "QueueName"):
            raise ValueError(f"{logical}.{attribute} is not known here")
        return self.arn(logical) if attribute == "Arn" else self.name(logical)
