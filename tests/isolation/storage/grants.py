"""Who may do what beside the table: the whole of it, in plain words. All that is not here has to be denied."""

from __future__ import annotations

Grants = dict[str, dict[str, frozenset[str]]]

_DOORS = ("behavior queue", "govsync queue", "analytics queue")
_WORK = (*_DOORS, "maintenance queue")
_DEAD = (
    *("behavior dead letters", "govsync dead letters", "maintenance dead letters", "analytics dead letters"),
    "pipe dead letters",
)
_SEND = frozenset({"SendMessage"})
_SEE = frozenset({"GetQueueAttributes", "GetQueueUrl"})
_TAKE = frozenset({"ReceiveMessage", "DeleteMessage"})
_LOOK = frozenset({"ListDeadLetterSourceQueues", "ChangeMessageVisibility"})
_MOVE = frozenset({"StartMessageMoveTask", "CancelMessageMoveTask", "ListMessageMoveTasks"})
_GET, _LIST = frozenset({"GetObject"}), frozenset({"ListBucket"})
_WRITE = frozenset({"PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"})
_DELETE = frozenset({"DeleteObject"})
_KEEP = _GET | _WRITE | _DELETE | {"DeleteObjectVersion"}
_LIST_ALL = _LIST | {"ListBucketVersions"}
_ASSUME, _TAG = frozenset({"AssumeRole"}), frozenset({"TagSession"})
_DELIVER = frozenset({"PutObject", "GetObject", "AbortMultipartUpload"})


def _lake_of_delivery() -> dict[str, frozenset[str]]:
    """Firehose writes every school's data: which school's, the pipe's filter and the item's own attribute say."""
    objects = (
        *("own events", "own grades", "other's events", "other's grades", "longer id's events"),
        *("upper-case id's events", "own name under another's", "own name in another's month"),
        *("wildcard for a school", "failed deliveries"),
    )
    return {f"s3/object: {name}": _DELIVER for name in objects}


_CATALOGUE = frozenset({"GetDatabase", "GetTable", "GetPartitions"})
_BUCKET = frozenset({"GetBucketLocation"})

GRANTS: Grants = {
    "tenant": {
        "s3/object: own events": _GET,
        "s3/object: own grades": _GET,
        "s3/object: own export": _GET,
        "s3/object: own results": _GET | _WRITE,
        "s3/object: own results, dots": _GET | _WRITE,
        "s3/listing: own events": _LIST,
        "s3/listing: own grades": _LIST,
        "s3/listing: own results": _LIST,
        "s3/listing: *": _BUCKET,
        "athena/workgroup": frozenset(
            {"StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution", "GetWorkGroup"}
        ),
        "glue/database": _CATALOGUE,
        "glue/table of events": _CATALOGUE,
        "glue/table of grades": _CATALOGUE,
    },
    "lake": {
        **{f"s3/object: own {name}": _KEEP for name in ("events", "grades", "export", "hold", "results")},
        "s3/object: own results, dots": _KEEP,
        **{f"s3/listing: own {name}": _LIST_ALL for name in ("events", "grades", "exports", "holds", "results")},
    },
    "platform": {},
    "console": {},
    "web": {
        **{f"sqs/{queue}": _SEND | _SEE for queue in _DOORS},
        "sts/tenant role": _ASSUME | _TAG,
        "sts/console role": _ASSUME,
    },
    "worker": {
        **{f"sqs/{queue}": _SEND | _SEE | _TAKE | {"ChangeMessageVisibility"} for queue in _WORK},
        "sqs/behavior dead letters": _SEND,  # where it sets messages aside; it reads none
        "secretsmanager/government's key": frozenset({"GetSecretValue"}),
        "sts/tenant role": _ASSUME | _TAG,
        "sts/lake role": _ASSUME | _TAG,
        "sts/platform role": _ASSUME,
    },
    "operator": {
        **{f"sqs/{queue}": _SEND | _SEE | {"ListDeadLetterSourceQueues"} for queue in _WORK},
        **{
            f"sqs/{queue}": _SEE | _TAKE | _MOVE | {"ListDeadLetterSourceQueues", "ChangeMessageVisibility"}
            for queue in _DEAD
        },
        "s3/object: failed deliveries": _DELETE,  # unread: they hold rows of many schools
        "s3/listing: failed deliveries": _LIST,
        "sts/tenant role": _ASSUME | _TAG,
        "sts/lake role": _ASSUME | _TAG,
        "sts/platform role": _ASSUME,
        "cloudformation/stack": frozenset({"DescribeStacks"}),
        "cognito-idp/user pool": frozenset(
            {
                *("AdminCreateUser", "AdminDeleteUser", "AdminDisableUser", "AdminEnableUser", "AdminGetUser"),
                *("AdminResetUserPassword", "AdminSetUserPassword", "AdminUpdateUserAttributes"),
                *("AdminUserGlobalSignOut", "ListUsers"),
            }
        ),
    },
    "firehose": {
        **_lake_of_delivery(),
        "s3/listing: *": _BUCKET | _LIST | {"ListBucketMultipartUploads"},
        "glue/database": frozenset({"GetTable", "GetTableVersion", "GetTableVersions"}),
        "glue/table of events": frozenset({"GetTable", "GetTableVersion", "GetTableVersions"}),
        "glue/table of grades": frozenset({"GetTable", "GetTableVersion", "GetTableVersions"}),
    },
    "pipe": {
        "dynamodb/stream": frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}),
        "firehose/events": frozenset({"PutRecord", "PutRecordBatch"}),
        "firehose/grades": frozenset({"PutRecord", "PutRecordBatch"}),
        "sqs/pipe dead letters": _SEND,
    },
    "events api": {"sqs/behavior queue": _SEND},
}


def granted(principal: str, service: str, resource: str) -> frozenset[str]:
    """The actions a principal has on a resource."""
    own = GRANTS[principal]
    wide = own.get(f"{service}/listing: *", frozenset()) if resource.startswith("listing: ") else frozenset()
    return own.get(f"{service}/{resource}", frozenset()) | wide
