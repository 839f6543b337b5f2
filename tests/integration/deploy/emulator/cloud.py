"""The emulator's tests' own small cloud: a running emulator with ``stack.yaml`` in it, and its cast of callers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from deploy.emulator.process import EmulatorProcess

TABLE = "emulator-test"
LAKE = "emulator-test-lake"
STACK = "emulator-test"
WEB = "emulator-test-web"
PASSWORD = "Abcdefgh1234!x"
TEMPLATE = Path(__file__).with_name("stack.yaml")


def role(name: str) -> str:
    """The ARN of one of the stack's roles."""
    return f"arn:aws:iam::000000000000:role/emulator-test-{name}"


class Cloud:
    """A running emulator with the stack deployed."""

    def __init__(self, process: EmulatorProcess) -> None:
        self.process = process
        self.outputs: dict[str, str] = {}
        self._web: dict[str, str] = {}
        self._clients: dict[str, Any] = {}

    def deploy(self) -> None:
        """Create the stack and an access key for its user."""
        formation = self.root("cloudformation")
        formation.create_stack(
            StackName=STACK, TemplateBody=TEMPLATE.read_text("utf-8"), Capabilities=["CAPABILITY_NAMED_IAM"]
        )

        def finished() -> dict[str, Any]:
            stack: dict[str, Any] = formation.describe_stacks(StackName=STACK)["Stacks"][0]
            return {} if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = wait_until(finished, what="the stack's creation")
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        key = self.root("iam").create_access_key(UserName=WEB)["AccessKey"]
        self._web = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }

    def root(self, service: str) -> Any:
        """A client nothing is denied to."""
        if service not in self._clients:
            self._clients[service] = self.process.client(service)
        return self._clients[service]

    def web(self, service: str) -> Any:
        """A client of the stack's user, who may only assume roles."""
        return self.process.client(service, **self._web)

    def session(self, name: str, *, by: Any = None, **request: Any) -> dict[str, str]:
        """Assume one of the stack's roles; the credentials as boto3 takes them."""
        sts = by or self.web("sts")
        credentials = sts.assume_role(RoleArn=role(name), RoleSessionName="test", **request)["Credentials"]
        return {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }

    def tenant(self, service: str, school_id: str, name: str = "tenant") -> Any:
        """A client with the session of a school."""
        return self.process.client(service, **self.session(name, Tags=tags(school_id)))

    def put(self, school: str, sort: str, **attributes: Any) -> None:
        """Write an item of a school as root, present in the index too."""
        item = {"pk": f"SCHOOL#{school}", "sk": sort, "gsi1pk": f"SCHOOL#{school}#X", "gsi1sk": sort}
        typed = {name: {"S": value} for name, value in item.items()} | attributes
        self.root("dynamodb").put_item(TableName=TABLE, Item=typed)

    def put_event(self, school: str, event_id: str, *, occurred_s: str = "1735700000", **more: Any) -> None:
        """Write a behaviour event of a school, which the stack's pipe sends to the lake."""
        attributes = {
            "entity": {"S": "behavior"},
            "note": {"S": 'He said "no" / ñ'},
            "score": {"N": "3.5"},
            "occurred_s": {"N": occurred_s},
            "school_id": {"S": school},
        }
        self.put(school, event_id, **attributes | more)

    def objects(self, prefix: str) -> list[str]:
        """The keys of the lake's objects under ``prefix``."""
        return [item["Key"] for item in self.root("s3").list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", [])]

    def sign_in(self, username: str) -> dict[str, str]:
        """The tokens of a user of the stack's pool."""
        cognito = self.root("cognito-idp")
        answer: dict[str, str] = cognito.initiate_auth(
            ClientId=self.outputs["ClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return answer

    def create_user(self, username: str, school_id: str) -> None:
        """Add a user with a permanent password to the stack's pool."""
        cognito, pool = self.root("cognito-idp"), self.outputs["PoolId"]
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=username,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{username}@example.org"},
                {"Name": "custom:school_id", "Value": school_id},
            ],
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=PASSWORD, Permanent=True)


def tags(school_id: str) -> list[dict[str, str]]:
    """The session tag that makes a tenant."""
    return [{"Key": "school_id", "Value": school_id}]


def key(school_id: str, suffix: str = "") -> dict[str, dict[str, str]]:
    """The key of the item ``a`` of a school."""
    return {"pk": {"S": f"SCHOOL#{school_id}{suffix}"}, "sk": {"S": "a"}}
