"""The things that can be asked for beside the table, by the names the report gives them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.isolation.operations.aims import OTHER, OWN
from tests.isolation.policy.evaluator import Values
from tests.isolation.policy.law import Access
from tests.isolation.policy.template import ACCOUNT, REGION, Template

MONTH = "year=2026/month=03"


@dataclass(frozen=True)
class Resource:
    """One thing: its service, ARN, and what a request for it puts into the context."""

    service: str
    name: str
    arn: str
    context: tuple[tuple[str, Values], ...] = ()

    def access(self, action: str) -> Access:
        """Asking for an action on it."""
        return Access(f"{self.service}:{action}", self.arn, self.context)


OBJECTS = {
    "own events": f"events/{MONTH}/school={OWN}/f.parquet",
    "own grades": f"grades/{MONTH}/school={OWN}/f.parquet",
    "own results": f"athena-results/school={OWN}/r.csv",
    "own results, dots": f"athena-results/school={OWN}/../school={OTHER}/r.csv",
    "own export": f"exports/school={OWN}/e.zip",
    "own hold": f"holds/school={OWN}/h/events/f.parquet",
    "other's events": f"events/{MONTH}/school={OTHER}/f.parquet",
    "other's grades": f"grades/{MONTH}/school={OTHER}/f.parquet",
    "other's results": f"athena-results/school={OTHER}/r.csv",
    "other's export": f"exports/school={OTHER}/e.zip",
    "other's hold": f"holds/school={OTHER}/h/events/f.parquet",
    "longer id's export": f"exports/school={OWN}0/e.zip",
    "longer id's events": f"events/{MONTH}/school={OWN}0/f.parquet",
    "longer id's results": f"athena-results/school={OWN}0/r.csv",
    "upper-case id's events": f"events/{MONTH}/school={OWN.upper()}/f.parquet",
    "own name under another's": f"events/{MONTH}/school={OTHER}/month=03/school={OWN}/f.parquet",
    "own name in another's month": f"grades/{MONTH}/school={OTHER}/{MONTH}/school={OWN}/f.parquet",
    "results, no school": "athena-results/r.csv",
    "results, own name as a file": f"athena-results/school={OWN}",
    "wildcard for a school": f"events/{MONTH}/school=*/f.parquet",
    "failed deliveries": "errors/events/processing-failed/2026/03/01/f",
    "top of the lake": "f.parquet",
}
LISTINGS = {
    "own events": f"events/{MONTH}/school={OWN}/",
    "own grades": f"grades/{MONTH}/school={OWN}/",
    "own results": f"athena-results/school={OWN}/",
    "own exports": f"exports/school={OWN}/",
    "own holds": f"holds/school={OWN}/",
    "other's exports": f"exports/school={OTHER}/",
    "other's holds": f"holds/school={OTHER}/",
    "all exports": "exports/",
    "own events without the last /": f"events/{MONTH}/school={OWN}",
    "other's events": f"events/{MONTH}/school={OTHER}/",
    "other's results": f"athena-results/school={OTHER}/",
    "longer id's events": f"events/{MONTH}/school={OWN}0/",
    "own name under another's": f"events/{MONTH}/school={OTHER}/month=03/school={OWN}/",
    "names of schools": f"events/{MONTH}/",
    "names of schools, cut short": f"events/{MONTH}/school=",
    "all results": "athena-results/",
    "all events": "events/",
    "failed deliveries": "errors/",
    "everything": "",
}


def named(template: Template) -> list[Resource]:
    """Everything, under one form of the template."""
    lake = template.arn("Lake")
    here = f"{REGION}:{ACCOUNT}"
    catalogue = template.name("GlueDatabase")
    found = [Resource("sqs", readable(queue), template.arn(queue)) for queue in queues(template)]
    found += [Resource("s3", f"object: {name}", f"{lake}/{key}") for name, key in OBJECTS.items()]
    found += [
        Resource("s3", f"listing: {name}", lake, (("s3:prefix", (prefix,)),)) for name, prefix in LISTINGS.items()
    ]
    found += [Resource("s3", "listing: without prefix", lake), Resource("s3", "another bucket", "arn:aws:s3:::another")]
    for bucket in template.named("AWS::S3::Bucket"):
        if bucket != "Lake":
            found.append(Resource("s3", f"{bucket}, an object", f"{template.arn(bucket)}/any"))
            found.append(Resource("s3", f"{bucket}, itself", template.arn(bucket)))
    found += [
        Resource("athena", "workgroup", template.arn("Workgroup")),
        Resource("athena", "another workgroup", f"arn:aws:athena:{here}:workgroup/primary"),
        Resource("glue", "database", f"arn:aws:glue:{here}:database/{catalogue}"),
        Resource("glue", "table of events", f"arn:aws:glue:{here}:table/{catalogue}/events"),
        Resource("glue", "table of grades", f"arn:aws:glue:{here}:table/{catalogue}/grades"),
        Resource("glue", "another database", f"arn:aws:glue:{here}:database/another"),
        Resource("firehose", "events", template.arn("EventsFirehose")),
        Resource("firehose", "grades", template.arn("GradesFirehose")),
        Resource("cognito-idp", "user pool", template.arn("UserPool")),
        Resource("sns", "alerts", template.arn("Alerts")),
        Resource("iam", "tenant role", template.arn("TenantRole")),
        Resource("sts", "tenant role", template.arn("TenantRole")),
        Resource("sts", "platform role", template.arn("PlatformRole")),
        Resource("sts", "console role", template.arn("ConsoleRole")),
        Resource("sts", "lake role", template.arn("LakeRole")),
        Resource("sts", "pipe role", template.arn("PipeRole")),
        Resource("dynamodb", "table, no key", template.arn("Table")),
        Resource("dynamodb", "stream", f"{template.arn('Table')}/stream/2026-01-01T00:00:00.000"),
        Resource("cloudformation", "stack", f"arn:aws:cloudformation:{here}:stack/libreta-test/1"),
        Resource("cloudformation", "another stack", f"arn:aws:cloudformation:{here}:stack/another/1"),
        Resource("logs", "any", "*"),
        Resource("kms", "any", "*"),
        Resource("secretsmanager", "any", "*"),
        Resource(
            "secretsmanager",
            "government's key",
            f"arn:aws:secretsmanager:{here}:secret:{template.name('GovernmentKey')}-AbCdEf",
        ),
        Resource("secretsmanager", "another secret", f"arn:aws:secretsmanager:{here}:secret:another-AbCdEf"),
        Resource("pipes", "any", "*"),
        Resource("lambda", "any", "*"),
    ]
    return found


def queues(template: Template) -> list[str]:
    """Every queue the template has, by logical name: a new one is asked for by everybody until it is granted."""
    return template.named("AWS::SQS::Queue")


def readable(queue: str) -> str:
    """A queue as the report calls it."""
    return queue.lower().removesuffix("queue").removesuffix("dlq") + (" dead letters" if "Dlq" in queue else " queue")
