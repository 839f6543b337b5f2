"""Every operation of DynamoDB and its streams that is about no item: read from botocore's model, all to be denied.

An operation that a later botocore adds is tried without anybody's doing, and fails the run until it is put into one of
the two lists below, so that somebody has looked at it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import ServiceModel

ITEM_OPERATIONS = frozenset(
    {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    }
)
NEVER_OURS = frozenset(
    {
        *("CreateBackup", "CreateGlobalTable", "CreateTable", "DeleteBackup", "DeleteResourcePolicy", "DeleteTable"),
        *("DescribeBackup", "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeEndpoints"),
        *("DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport"),
        *("DescribeKinesisStreamingDestination", "DescribeLimits", "DescribeTable"),
        *("DescribeTableReplicaAutoScaling", "DescribeTimeToLive", "DisableKinesisStreamingDestination"),
        *("EnableKinesisStreamingDestination", "ExportTableToPointInTime", "GetResourcePolicy", "ImportTable"),
        *("ListBackups", "ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports", "ListTables"),
        *("ListTagsOfResource", "PutResourcePolicy", "RestoreTableFromBackup", "RestoreTableToPointInTime"),
        *("SearchVectors", "TagResource", "UntagResource", "UpdateContinuousBackups", "UpdateContributorInsights"),
        *("UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateKinesisStreamingDestination", "UpdateTable"),
        *("UpdateTableReplicaAutoScaling", "UpdateTimeToLive"),
        *("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
    }
)
_MADE_UP = "made-up-name"


@cache
def model(service: str) -> ServiceModel:
    """Botocore's own description of a service."""
    return botocore.session.get_session().get_service_model(service)


def operations(service: str) -> list[str]:
    """The names of all operations of a service."""
    return sorted(model(service).operation_names)


def unclassified() -> list[str]:
    """Operations that nobody has looked at yet."""
    known = ITEM_OPERATIONS | NEVER_OURS
    return sorted({*operations("dynamodb"), *operations("dynamodbstreams")} - known)


def method(operation: str) -> str:
    """The client's method of an operation."""
    return xform_name(operation)


def arguments(service: str, operation: str, named: dict[str, Any]) -> dict[str, Any]:
    """Arguments that fit the operation's shape: what is required, with ``named`` values wherever a name fits."""
    shape = model(service).operation_model(operation).input_shape
    return _structure(shape, named) if shape is not None else {}


def _structure(shape: Any, named: dict[str, Any]) -> dict[str, Any]:
    wanted = {name for name in shape.members if name in shape.required_members or name in named}
    return {name: named.get(name, _value(shape.members[name], named)) for name in shape.members if name in wanted}


def _value(shape: Any, named: dict[str, Any]) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "structure": lambda: _structure(shape, named),
        "list": lambda: [_value(shape.member, named)],
        "map": lambda: {_MADE_UP: _value(shape.value, named)},
        "string": lambda: shape.enum[0] if shape.enum else _MADE_UP.ljust(shape.metadata.get("min", 0), "x"),
        "blob": lambda: b"x",
        "boolean": lambda: False,
        "timestamp": lambda: datetime(2026, 1, 1, tzinfo=UTC),
    }
    number = max(1, int(shape.metadata.get("min", 1)))
    return makers.get(shape.type_name, lambda: number)()
