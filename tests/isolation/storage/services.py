"""The other services over HTTP: each operation of their models that can concern us, by every principal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.isolation.actors import verdict
from tests.isolation.operations.others import arguments, method, operations
from tests.isolation.sections import ALLOWED, DENIED, REFUSED, Cell
from tests.isolation.storage.grants import granted
from tests.isolation.storage.resources import Resource, named, queues, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.isolation.actors import Actor
    from tests.isolation.policy.law import Law
    from tests.support.cloud import Cloud

NARROWER = "policy: allowed (evaluator); emulator: denied"
# The emulator asks IAM for another action or thing here than AWS does, and so denies what is allowed.
_NARROWER = frozenset(
    {
        *("SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"),
        *("StartMessageMoveTask", "CancelMessageMoveTask", "ListMessageMoveTasks", "GetDatabase"),
    }
)
_IN_FULL = frozenset({"BehaviorQueue", "BehaviorDlq"})
_MESSAGES = "(Send|Receive|Delete)Message|PurgeQueue|SetQueueAttributes|StartMessageMoveTask"
_THREADS = 3
_TASK = "AQEB-made-up-task-handle"
_POLICY = '{"Version":"2012-10-17","Statement":[]}'


@dataclass(frozen=True)
class Field:
    """A service's operations to try, and the values that point them at our own things."""

    service: str
    chosen: str  # a pattern of operation names
    named: dict[str, Any]
    thing: str


def fields(cloud: Cloud, law: Law, *, briefly: bool) -> Iterator[Field]:
    """What to try. ``briefly``: of all queues but one of each kind, what puts messages in and takes them out."""
    template = law.forms[0]
    sqs = cloud.root("sqs")
    for queue in queues(template):
        name = template.name(queue)
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        values: dict[str, Any] = {
            "QueueUrl": url,
            "QueueName": name,
            "SourceArn": template.arn(queue),
            "TaskHandle": _TASK,
        }
        values |= {"WaitTimeSeconds": 0, "MessageBody": "of the matrix", "ReceiptHandle": "made-up"}
        is_brief = briefly and queue not in _IN_FULL
        yield Field("sqs", _MESSAGES if is_brief else ".*", values, readable(queue))
    pool = {"UserPoolId": cloud.outputs["UserPoolId"], "Username": "nobody-of-the-matrix", "Value": "x"}
    yield Field(
        "cognito-idp",
        "Admin.*|List(Users|Groups|UserPools|UserPoolClients)|Describe.*|UpdateUserPool",
        pool,
        "user pool",
    )
    stream = {"DeliveryStreamName": template.name("EventsFirehose")}
    yield Field("firehose", ".*", stream, "events")
    glue = {"DatabaseName": template.name("GlueDatabase"), "TableName": "events", "Name": "events"}
    yield Field(
        "glue", "(Get|Create|Update|Delete|BatchGet|BatchCreate|Search)(Table|Partition)s?", glue, "table of events"
    )
    database = {"Name": template.name("GlueDatabase")}
    yield Field("glue", "(Get|Create|Update|Delete)Databases?", database, "database")
    role = {"RoleName": template.name("TenantRole"), "PolicyName": "own-school-only", "PolicyDocument": _POLICY}
    role |= {"PolicyArn": cloud.outputs["WebPolicyArn"], "UserName": template.name("WebUser")}
    yield Field(
        "iam",
        ".*(RolePolicy|UserPolicy|AccessKey|RoleTags|TagRole|AssumeRolePolicy|PolicyVersion).*|ListRoles",
        role,
        "tenant role",
    )
    stack = {"StackName": cloud.outputs["TableName"]}
    yield Field(
        "cloudformation",
        "(Describe|Get|Update|Delete|List)(Stacks?|StackResources|Template|StackPolicy)",
        stack,
        "stack",
    )


def attack(cloud: Cloud, law: Law, actors: list[Actor], *, briefly: bool) -> Iterator[Cell]:
    """Everything chosen, by everybody."""
    things = {(thing.service, thing.name): thing for thing in named(law.forms[0])}
    asked = [
        (actor, field, operation)
        for field in fields(cloud, law, briefly=briefly)
        for actor in actors
        for operation in operations(field.service)
        if re.fullmatch(field.chosen, operation)
    ]
    for actor, field, _operation in asked:
        actor.client(field.service)  # made here, not by two threads at once
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from pool.map(lambda one: _cell(law, things[one[1].service, one[1].thing], *one), asked)


def _cell(law: Law, thing: Resource, actor: Actor, field: Field, operation: str) -> Cell:
    asked = arguments(field.service, operation, field.named)
    seen, said = verdict(lambda: getattr(actor.client(field.service), method(operation))(**asked))
    seen = ALLOWED if seen == REFUSED else seen  # the made-up rest of the request was refused: so it was looked at
    expected = ALLOWED if action_of(operation) in granted(actor.name, field.service, field.thing) else DENIED
    ruled = law.verdict(actor.caller, [thing.access(action_of(operation))])
    observed = seen if seen == ruled else f"emulator {seen}, evaluator {ruled}"
    if operation in _NARROWER and (seen, ruled, expected) == (DENIED, ALLOWED, ALLOWED):
        expected = observed = NARROWER
    return Cell(field.service, operation, f"{actor.name} at {field.thing}", expected, observed, said)


def action_of(operation: str) -> str:
    """The IAM action an operation is checked as: a batch of messages as the single action."""
    batches = {"SendMessageBatch": "SendMessage", "DeleteMessageBatch": "DeleteMessage"}
    return batches.get(operation, {"ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}.get(operation, operation))
