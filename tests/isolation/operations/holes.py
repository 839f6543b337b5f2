"""Ways to break the template that the matrix of operations has to notice."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from tests.isolation.operations.matrix import run
from tests.isolation.sections import Hole, Section, replaced

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


def _tenant_alone(cloud: Cloud) -> Section:
    return run(cloud, only=("tenant",))


_NULL = '"Null": {"dynamodb:LeadingKeys": "false", "aws:PrincipalTag/school_id": "false"}'
_ITEM_ACTIONS = "                  - dynamodb:ConditionCheckItem\n                Resource: [!GetAtt Table.Arn"
_SUB = '"SCHOOL#${aws:PrincipalTag/school_id}#*"'

HOLES = (
    Hole(
        name="null-removed-scan-granted",
        says="Scan stands in the tenant's statement and its Null condition is gone: ForAllValues is true of nothing",
        plant=lambda _cloud: nullcontext(),
        narrow=_tenant_alone,
        template=lambda text: replaced(
            replaced(text, _NULL, '"Null": {"aws:PrincipalTag/school_id": "false"}'),
            _ITEM_ACTIONS,
            "                  - dynamodb:Scan\n" + _ITEM_ACTIONS,
        ),
    ),
    Hole(
        name="null-removed",
        says="the tenant's Null condition is gone",
        plant=lambda _cloud: nullcontext(),
        narrow=_tenant_alone,
        template=lambda text: replaced(text, _NULL, '"Null": {"aws:PrincipalTag/school_id": "false"}'),
    ),
    Hole(
        name="scan-granted",
        says="a statement allows the tenant to Scan",
        plant=lambda _cloud: nullcontext(),
        narrow=_tenant_alone,
        template=lambda text: replaced(
            text,
            "              - Sid: OwnPartitions\n",
            "              - {Sid: Hole, Effect: Allow, Action: dynamodb:Scan, Resource: !GetAtt Table.Arn}\n"
            "              - Sid: OwnPartitions\n",
        ),
    ),
    Hole(
        name="prefix-without-hash",
        says="the tenant's second leading key goes on without #: school-1 reaches school-10",
        plant=lambda _cloud: nullcontext(),
        narrow=_tenant_alone,
        template=lambda text: replaced(text, _SUB, '"SCHOOL#${aws:PrincipalTag/school_id}*"'),
    ),
    Hole(
        name="leading-keys-off",
        says="the emulator does not know dynamodb:LeadingKeys",
        plant=lambda _cloud: nullcontext(),
        narrow=_tenant_alone,
        without="leading_keys",
    ),
)
