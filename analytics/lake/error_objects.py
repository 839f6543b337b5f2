"""What Firehose put aside, under ``errors/`` of the lake's bucket, with the credentials of the process itself.

Such an object holds rows of many schools, so no school's scope reaches it, and nobody here reads one: an operator may
list and delete. Deleting leaves a mark; the bucket's own rule takes the last version away 30 days later. Errors are the
table's, as in ``analytics.lake.store``.
"""

from __future__ import annotations

from django.conf import settings

from analytics.lake.store import StoredObject, listed
from edu.aws.clients import service_client
from edu.dynamo.errors import translated

_FOLDER = "errors/"


def list_error_objects() -> list[StoredObject]:
    """Every one of them, by key; 1,000 a call."""
    return list(listed(service_client("s3"), _FOLDER))


def delete_error_object(key: str) -> None:
    """Delete one. Idempotent."""
    with translated():
        service_client("s3").delete_object(Bucket=settings.LAKE_BUCKET, Key=key)
