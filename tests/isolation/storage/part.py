"""This part's run: the evaluator's sweep over everything, then the same asked of the emulator where it can be."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from tests.isolation.actors import everybody
from tests.isolation.operations.aims import OWN
from tests.isolation.operations.matrix import deployed_text
from tests.isolation.policy.law import TAGGED, Law
from tests.isolation.restoring import same_bucket_after
from tests.isolation.sections import Cell, Hole, Section, Table, replaced
from tests.isolation.storage import lake, queries, query_forms, services
from tests.isolation.storage.grants import GRANTS, granted
from tests.isolation.storage.resources import OBJECTS, queues
from tests.isolation.storage.sweep import sweep

if TYPE_CHECKING:
    from tests.isolation.actors import Actor
    from tests.support.cloud import Cloud


_REMARKS = (
    (
        "Queues are shared by all schools: a worker can read any school's message, and `web` can only send. "
        "What a message may change is bound by the tenant credentials its task enters (part on workers)."
    ),
    "Dead letters are read by the operator alone; what the delivery to the lake put aside, by nobody.",
    (
        "Athena has one workgroup: who knows another school's query id (a random UUID; listing is denied) "
        "sees its SQL, which holds a month and a school id and no personal data, and could stop it. Results "
        "are bound by S3: denied."
    ),
    (
        "AWS fails a query that touches an object its caller may not read; the emulator leaves such objects "
        "out, and refuses everything that is no SELECT. What AWS would need for those statements stands on the "
        "evaluator alone, and those cells say so."
    ),
    (
        "Where the emulator is narrower than AWS (batches of messages, moving dead letters, a Glue database "
        "by name), what is allowed stands on the evaluator alone, and is called so."
    ),
    "The roles of Firehose, Pipes and API Gateway are not enforced by the emulator: evaluator alone.",
    "Cognito's public operations (signing in, refreshing) carry no IAM identity.",
)


def run(cloud: Cloud, *, briefly: bool = False) -> Section:
    """Who may do what beside the table. The lake is left as it was found, and the queues are emptied.

    ``briefly``: the emulator is asked about fewer operations on queues (see ``services``).
    """
    with same_bucket_after(cloud):
        return _run(cloud, briefly=briefly)


def _run(cloud: Cloud, *, briefly: bool) -> Section:
    law = Law(deployed_text(cloud))
    actors = everybody(cloud, OWN)
    swept, asked = sweep(law)
    root, bucket = cloud.root("s3"), cloud.outputs["LakeBucket"]
    cells: list[Cell] = [*swept, *query_forms.attack(cloud)]
    problems: list[str] = []
    markers = lake.put_objects(root, bucket)  # no Parquet: from here on a query could not read them
    for actor in actors:
        before = lake.contents(root, bucket)
        cells += lake.attack(law, [actor], bucket, markers)
        problems += _changed(actor, before, lake.contents(root, bucket))
    cells += services.attack(cloud, law, actors, briefly=briefly)
    cells += queries.attack(cloud, law)
    _empty_queues(cloud, law)
    return Section(
        name="storage",
        title="Queues, lake, query results, catalogue, accounts, delivery",
        intro=(
            f"First the evaluator alone: {asked} questions, every action of the services we use (botocore's models) on "
            "every thing, by every principal including those of the delivery to the lake, on AWS's form of the "
            "template and the emulator's. The table below is all that is allowed. Then the same asked of the emulator."
        ),
        cells=tuple(cells),
        tables=(_grants_table(),),
        remarks=_REMARKS,
        problems=tuple(problems),
    )


def _changed(actor: Actor, before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Objects that changed though the actor may not write there."""
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    names = {key: name for name, key in OBJECTS.items()}
    writes = {"PutObject", "DeleteObject"}
    may = {key for key, name in names.items() if writes & granted(actor.name, "s3", f"object: {name}")}
    own = f"athena-results/school={OWN}/" if actor.name in TAGGED else "\x00"
    return [f"{actor.name} changed {key}" for key in changed if key not in may and not key.startswith(own)]


def _empty_queues(cloud: Cloud, law: Law) -> None:
    """Take the matrix's own messages out again, before a worker finds them."""
    sqs, template = cloud.root("sqs"), law.forms[0]
    for queue in queues(template):
        sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=template.name(queue))["QueueUrl"])


def _grants_table() -> Table:
    rows = [
        (principal, *thing.split("/", 1), ", ".join(sorted(actions)))
        for principal, things in GRANTS.items()
        for thing, actions in things.items()
    ] + [(principal, "-", "-", "nothing") for principal, things in GRANTS.items() if not things]
    return Table("Who may do what (all else is denied)", ("principal", "service", "thing", "actions"), tuple(rows))


_RESULTS = '"${Lake.Arn}/athena-results/school=${!aws:PrincipalTag/school_id}/*"'
_WORK = "          - Sid: Work\n"
_HOLE = "          - {Sid: Hole, Effect: Allow, Action: sqs:ReceiveMessage, Resource: !GetAtt BehaviorDlq.Arn}\n"
HOLES = (
    Hole(
        name="queries-unbounded",
        says="the emulator's engine runs any statement, with the machine's files before it, as stock ministack's does",
        plant=lambda _cloud: nullcontext(),
        without="query_bounds",
        narrow=query_forms.run,
    ),
    Hole(
        name="results-prefix-without-slash",
        says="the tenant's query results end without /: school-1 writes those of school-10",
        plant=lambda _cloud: nullcontext(),
        template=lambda text: replaced(text, _RESULTS, _RESULTS.replace('/*"', '*"')),
    ),
    Hole(
        name="worker-reads-dead-letters",
        says="the worker may take messages from the behaviour dead letters",
        plant=lambda _cloud: nullcontext(),
        template=lambda text: replaced(text, _WORK, _HOLE + _WORK),
    ),
)
