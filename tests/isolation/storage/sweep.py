"""Every action of every service we use, on every thing there is, by every principal: asked of the evaluator alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.isolation.operations.aims import OWN
from tests.isolation.operations.others import operations
from tests.isolation.policy.law import DELIVERY, SCOPES, SERVICES, TAGGED, Caller
from tests.isolation.sections import ALLOWED, DENIED, Cell
from tests.isolation.storage.grants import granted
from tests.isolation.storage.resources import named

if TYPE_CHECKING:
    from tests.isolation.policy.law import Law

# IAM's actions that are no operation of the API's model
_MORE = {
    "s3": frozenset(
        {
            *("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads", "ListMultipartUploadParts"),
            *("GetObjectVersion", "DeleteObjectVersion", "GetObjectVersionTagging", "BypassGovernanceRetention"),
            *("PutLifecycleConfiguration", "PutBucketPublicAccessBlock", "ReplicateObject", "ListAllMyBuckets"),
        }
    ),
    "sts": frozenset({"TagSession", "SetSourceIdentity", "SetContext"}),
    "iam": frozenset({"PassRole"}),
    "dynamodb": frozenset({"PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "ConditionCheckItem"}),
}
_PRINCIPALS = (*SCOPES, *SERVICES, *DELIVERY)


@cache
def actions(service: str) -> tuple[str, ...]:
    """Every action of a service that we know of, by botocore's model and the list above."""
    more = frozenset(operations("dynamodbstreams")) if service == "dynamodb" else frozenset[str]()
    return tuple(sorted({*operations(service), *_MORE.get(service, ()), *more}))


def sweep(law: Law) -> tuple[list[Cell], int]:
    """One cell for each principal and thing: the actions it has there. And how many questions that took."""
    cells, asked = [], 0
    for principal in _PRINCIPALS:
        caller = Caller(principal, OWN if principal in TAGGED else None)
        for resource in named(law.forms[1]):
            ruled = {name: law.verdict(caller, [resource.access(name)]) for name in actions(resource.service)}
            found = [name for name, verdict in ruled.items() if verdict == ALLOWED]
            odd = [name for name, verdict in ruled.items() if verdict not in (ALLOWED, DENIED)]
            asked += len(ruled)
            expected = ", ".join(sorted(granted(principal, resource.service, resource.name))) or "nothing"
            observed = ", ".join(sorted(found)) or "nothing"
            observed += f"; {', '.join(odd)} only in one form of the template" if odd else ""
            cells.append(Cell(f"evaluator: {resource.service}", resource.name, principal, expected, observed))
    return cells, asked
