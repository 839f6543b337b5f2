"""The lake's bucket, with the credentials of the scope in force.

A school's own scope reads; ``edu.tenancy.enter_lake`` writes and deletes. Errors are the table's
(``edu.dynamo.errors``): AccessDeniedError, StoreUnavailableError, StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.dynamo.errors import StoreError, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_s3.type_defs import CopySourceTypeDef, ListObjectsV2OutputTypeDef, ObjectIdentifierTypeDef

_DELETED_AT_ONCE: Final = 1000
# S3 answers the second when another conditional write of the key is under way, the third when the object is gone
_REPLACED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class ObjectReplacedError(Exception):
    """What was to be replaced is not there any more, or something else is."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing tells of it; ``size`` in bytes."""

    key: str
    size: int
    etag: str
    modified_at: datetime


def url_of(key: str) -> str:
    """The object's address, as Athena calls it in ``"$path"``."""
    return f"s3://{settings.LAKE_BUCKET}/{key}"


def list_folder(folder: str) -> Iterator[StoredObject]:
    """Every object under a folder (with its last slash), by key; 1,000 a call."""
    pages = scoped_client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings.LAKE_BUCKET, Prefix=folder)
    for page in _translated(pages):
        for found in page.get("Contents", []):
            yield StoredObject(found["Key"], found["Size"], found["ETag"], found["LastModified"])


@dataclass(frozen=True, slots=True)
class Content:
    """An object's bytes, and the tag that changes with them."""

    body: bytes
    etag: str


def get_object(key: str) -> Content:
    """An object. Raises StoreError for one that is not there."""
    with translated():
        found = scoped_client("s3").get_object(Bucket=settings.LAKE_BUCKET, Key=key)
        return Content(found["Body"].read(), found["ETag"])


def put_object(key: str, body: bytes) -> None:
    """Write an object, whole or not at all. Idempotent."""
    with translated():
        scoped_client("s3").put_object(Bucket=settings.LAKE_BUCKET, Key=key, Body=body)


def replace_object(key: str, body: bytes, *, etag: str | None) -> None:
    """Write an object where this version of it stands, or (``None``) where there is none.

    Raises:
        ObjectReplacedError: another stands there. Of several writers one succeeds.
    """
    client = scoped_client("s3")
    try:
        with translated():
            if etag is None:
                client.put_object(Bucket=settings.LAKE_BUCKET, Key=key, Body=body, IfNoneMatch="*")
            else:
                client.put_object(Bucket=settings.LAKE_BUCKET, Key=key, Body=body, IfMatch=etag)
    except StoreError as error:
        if str(error.detail) in _REPLACED:
            raise ObjectReplacedError(key) from error
        raise


def rename_object(key: str, new_key: str) -> None:
    """Copy an object under another name, then delete it. Killed in between both are there; done again it ends."""
    with translated():
        source: CopySourceTypeDef = {"Bucket": settings.LAKE_BUCKET, "Key": key}
        scoped_client("s3").copy_object(Bucket=settings.LAKE_BUCKET, Key=new_key, CopySource=source)
    delete_objects([key])


def delete_objects(keys: Sequence[str]) -> None:
    """Delete objects, 1,000 a call; the bucket keeps their last versions for a while. Idempotent.

    Raises:
        StoreError: S3 kept some of them.
    """
    for start in range(0, len(keys), _DELETED_AT_ONCE):
        named: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
        with translated():
            answer = scoped_client("s3").delete_objects(
                Bucket=settings.LAKE_BUCKET, Delete={"Objects": named, "Quiet": True}
            )
        for fault in answer.get("Errors", []):
            raise StoreError(fault.get("Code", "not deleted"))


def _translated(pages: Iterable[ListObjectsV2OutputTypeDef]) -> Iterator[ListObjectsV2OutputTypeDef]:
    """The pages of a listing, with what goes wrong at each in this project's words."""
    left = iter(pages)
    while True:
        with translated():
            page = next(left, None)
        if page is None:
            return
        yield page
