"""Running the attacks: every cell asked of the emulator and of the evaluator, the data looked at before and after."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.isolation.actors import Actor, everybody, verdict
from tests.isolation.operations import aims, forms, forms_many, forms_never, forms_queries, others
from tests.isolation.operations.aims import Aim, Target
from tests.isolation.operations.rule import belongs, expected_of
from tests.isolation.policy.law import SERVICES, TAGGED, Access, Law
from tests.isolation.restoring import items, same_table_after
from tests.isolation.sections import ALLOWED, DENIED, REFUSED, Cell, Section, Table
from tests.support.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tests.isolation.operations.forms import Form, Touch

_THREADS = 3
_INDEX_KEYS = (
    "A write may carry another school's `gsi1pk`: IAM compares only the table's partition key there. See the part on "
    "repositories for what stands in its way."
)
_KEYED = tuple(form for form in (*forms.FORMS, *forms_queries.FORMS, *forms_many.FORMS) if form.is_served)
_ONE_EACH = frozenset({(form.operation, "index" in form.name): form for form in reversed(_KEYED)}.values())
_KEYLESS = (*forms_never.FORMS, *(form for form in forms_queries.FORMS if not form.is_served))
_FEW = (aims.OWN_TARGETS[1], *aims.PLATFORM_TARGETS, *aims.CONSOLE_TARGETS, *aims.PLATFORM_LOOKALIKES)
_SERVICES_AIM_AT = (aims.OWN_TARGETS[1], aims.OTHER_TARGETS[1], aims.PLATFORM_TARGETS[0], aims.CONSOLE_TARGETS[0])
_HAVE_PARTITIONS = frozenset({"tenant", "platform", "console"})
_COMPANION_OF = {"platform": "PLATFORM#SYNC#COMPANION", "console": "PLATFORM#SESSION#companion"}


@dataclass(frozen=True)
class World:
    """The deployed table, with an item and its marker in every partition that is aimed at."""

    cloud: Cloud
    law: Law
    table: str
    table_arn: str
    markers: dict[str, str]

    def aim(self, actor: Actor, target: Target) -> Aim:
        """An attack of ``actor`` on ``target``."""
        own = _COMPANION_OF.get(actor.name, f"SCHOOL#{aims.OWN}#COMPANION")
        return Aim(self.table, self.table_arn, own, target.partition)


def deployed_text(cloud: Cloud) -> str:
    """The template that the stack was deployed from, as CloudFormation gives it back."""
    answer = cloud.root("cloudformation").get_template(StackName=cloud.outputs["TableName"])
    found: Any = answer["TemplateBody"]  # boto3 reads JSON by itself
    return found if isinstance(found, str) else json.dumps(found)


def build_world(cloud: Cloud) -> World:
    """Put an item with a marker of its own into every partition, behind the policies' back."""
    table = cloud.outputs["TableName"]
    law = Law(deployed_text(cloud))
    partitions = [target.partition for target in aims.ALL if target.partition]
    markers = {partition: f"marker-{number:03d}-" for number, partition in enumerate(partitions)}
    root = cloud.root("dynamodb")
    for partition, marker in markers.items():
        key = {"pk": {"S": partition}, "sk": {"S": aims.SORT_KEY}}
        index = {"gsi1pk": {"S": partition}, "gsi1sk": {"S": aims.SORT_KEY}}
        root.put_item(TableName=table, Item={**key, **index, "secret": {"S": marker}})
    return World(cloud, law, table, law.forms[0].arn("Table"), markers)


def run(cloud: Cloud, *, only: Collection[str] = (), briefly: bool = False) -> Section:
    """The whole matrix, or that of the roles named. The table is left as it was found.

    ``briefly``: every form at the typical targets, and at all others one form of each operation.
    """
    with same_table_after(cloud):
        return _run(cloud, only, briefly=briefly)


def _run(cloud: Cloud, only: Collection[str], *, briefly: bool) -> Section:
    world = build_world(cloud)
    actors = [actor for actor in everybody(cloud, aims.OWN) if not only or actor.name in only]
    problems = [f"{name}: an operation nobody has classified" for name in others.unclassified()]
    cells: list[Cell] = []
    for actor in actors:
        before = items(cloud)
        found = _attack(world, actor, briefly=briefly)
        cells += found
        problems += _changes(actor, before, items(cloud))
    return Section(
        name="operations",
        title="DynamoDB: operations and forms",
        intro=(
            "Every operation that botocore's model of DynamoDB and of its streams has, in every form, by every role, "
            "at the own partitions and at all that is not. Each cell was asked of the emulator with the deployed "
            "template and of the evaluator with the template's text (users as on the emulator, roles as on AWS); it "
            "counts only when all agree."
        ),
        cells=tuple(cells),
        tables=(_by_role(cells), _by_target(cells)),
        remarks=(
            _INDEX_KEYS,
            "`beat` is a process of the service `worker` and signs with its key: its cells are the worker's.",
        ),
        problems=tuple(problems),
    )


def _attack(world: World, actor: Actor, *, briefly: bool) -> list[Cell]:
    client, streams = actor.client("dynamodb"), actor.client("dynamodbstreams")
    # what names no key is denied whatever it aims at: a few targets show that
    asked = [*_keyed(actor, briefly=briefly), *product(_KEYLESS, _SERVICES_AIM_AT[: 1 if briefly else None])]

    def one(pair: tuple[Form, Target]) -> Cell:
        return _cell(world, actor, client, *pair)

    with ThreadPoolExecutor(_THREADS) as pool:
        cells = list(pool.map(one, asked))
    if actor.name == "tenant":
        cells.append(_forged_start(world, actor, client))
    return [*cells, *_table_operations(world, actor, client, streams)]


def _keyed(actor: Actor, *, briefly: bool) -> list[tuple[Form, Target]]:
    """Everything that names a key, or the brief of it; who has nothing in the table is asked at few targets."""
    targets = dict.fromkeys(TAGGED, aims.ALL).get(actor.name, _SERVICES_AIM_AT if actor.name in SERVICES else _FEW)
    if not briefly:
        return list(product(_KEYED, targets))
    has_partitions = actor.name in _HAVE_PARTITIONS
    typical = aims.TYPICAL if has_partitions else _SERVICES_AIM_AT[:1]
    asked = product(_KEYED, targets if has_partitions else _SERVICES_AIM_AT)
    return [(form, target) for form, target in asked if form in _ONE_EACH or target in typical]


def _cell(world: World, actor: Actor, client: Any, form: Form, target: Target) -> Cell:
    aim = world.aim(actor, target)
    touches = form.touches(aim)
    expected = expected_of(actor.caller, touches)
    seen, said = verdict(lambda: getattr(client, others.method(form.operation))(**form.arguments(aim)))
    if not form.is_served and seen == REFUSED:
        seen = DENIED
    seen = _leak(world, actor, said) or seen
    ruled = world.law.verdict(actor.caller, _accesses(world, touches))
    return Cell(form.operation, form.name, f"{actor.name} at {target.name}", expected, _agreed(seen, ruled), said)


def _agreed(seen: str, ruled: str) -> str:
    return seen if seen == ruled else f"emulator {seen}, evaluator {ruled}"


def _accesses(world: World, touches: Iterable[Touch]) -> list[Access]:
    index = f"{world.table_arn}/index/gsi1"
    return [
        Access(
            f"dynamodb:{touch.action}",
            index if touch.index else world.table_arn,
            () if touch.keys is None else (("dynamodb:LeadingKeys", touch.keys),),
        )
        for touch in touches
    ]


def _leak(world: World, actor: Actor, said: str) -> str:
    """Whether an answer or an error holds what lies in a partition that is not the actor's."""
    foreign = [part for part, marker in world.markers.items() if marker in said and not belongs(actor.caller, part)]
    return "LEAKED another's item" if foreign else ""


def _forged_start(world: World, actor: Actor, client: Any) -> Cell:
    """Own partition, another's position: served or not, nothing of the other may come."""
    form = forms_queries.FORGED_START
    aim = world.aim(actor, aims.OTHER_TARGETS[0])
    seen, said = verdict(lambda: client.query(**form.arguments(aim)))
    seen = _leak(world, actor, said) or ("nothing of it" if seen in (ALLOWED, DENIED, REFUSED) else seen)
    return Cell(form.operation, form.name, f"{actor.name} at {aims.OTHER_TARGETS[0].name}", "nothing of it", seen, said)


def _table_operations(world: World, actor: Actor, client: Any, streams: Any) -> list[Cell]:
    arn = world.law.forms[0].arn("Table")
    named = {
        "TableName": world.table,
        "SourceTableName": world.table,
        "TableArn": arn,
        "SourceTableArn": arn,
        "ResourceArn": arn,
        "GlobalTableName": world.table,
        "StreamArn": world.cloud.outputs["TableStreamArn"],
        "BackupArn": f"{arn}/backup/01489602797149-73d8d5bc",
        "ExportArn": f"{arn}/export/01489602797149-73d8d5bc",
        "ImportArn": f"{arn}/import/01489602797149-73d8d5bc",
        "IndexName": "gsi1",
    }
    cells = []
    for service, user in (("dynamodb", client), ("dynamodbstreams", streams)):
        for operation in others.operations(service):
            if operation in others.ITEM_OPERATIONS:
                continue
            call = getattr(user, others.method(operation))
            asked = others.arguments(service, operation, named)
            seen, said = verdict(lambda call=call, asked=asked: call(**asked))  # type: ignore[misc]
            ruled = world.law.verdict(actor.caller, [Access(f"dynamodb:{operation}", arn)])
            row = f"{service}, all other operations"
            cells.append(Cell(row, operation, f"{actor.name} at the table", DENIED, _agreed(seen, ruled), said))
    return cells


def _changes(actor: Actor, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]) -> list[str]:
    """What changed outside the actor's own partitions: nothing may."""
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return [f"{actor.name} changed {key[0]!r}" for key in sorted(changed) if not belongs(actor.caller, key[0])]


def _by_role(cells: list[Cell]) -> Table:
    counted = Counter((cell.target.split(" at ")[0], cell.expected) for cell in cells)
    roles = list(dict.fromkeys(role for role, _ in counted))
    rows = tuple((role, str(counted[role, ALLOWED]), str(counted[role, DENIED])) for role in roles)
    return Table("By role", ("role", "allowed", "denied"), rows)


def _by_target(cells: list[Cell]) -> Table:
    tenant = [cell for cell in cells if cell.target.startswith("tenant at ")]
    counted = Counter((cell.target.removeprefix("tenant at "), cell.expected) for cell in tenant)
    targets = list(dict.fromkeys(name for name, _ in counted))
    rows = tuple((name, str(counted[name, ALLOWED]), str(counted[name, DENIED])) for name in targets)
    return Table("The tenant role, by what was aimed at", ("target", "allowed", "denied"), rows)
