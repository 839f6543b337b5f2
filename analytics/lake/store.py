"""The lake's bucket, with the credentials of the scope in force.

A school's own scope reads; ``edu.tenancy.enter_lake`` writes and deletes. Errors are the table's
(``edu.dynamo.errors``): AccessDeniedError, StoreUnavailableError, StoreError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.dynamo.errors import StoreError, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        CopySourceTypeDef,
        ObjectIdentifierTypeDef,
    )

T = TypeVar("T")
_DELETED_AT_ONCE: Final = 1000
_PART_BYTES: Final = 8 * 1024 * 1024  # of 10,000 parts at most: S3's bounds let a file of 78 GiB through
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
    return listed(scoped_client("s3"), folder)


def listed(client: S3Client, folder: str) -> Iterator[StoredObject]:
    """As ``list_folder``, with the client's own credentials."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=settings.LAKE_BUCKET, Prefix=folder)
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
    copy_object(key, new_key)
    delete_objects([key])


def copy_object(key: str, to: str) -> None:
    """Copy an object within the lake, whole or not at all. Idempotent. Raises StoreError for one that is not there."""
    source: CopySourceTypeDef = {"Bucket": settings.LAKE_BUCKET, "Key": key}
    with translated():
        scoped_client("s3").copy_object(Bucket=settings.LAKE_BUCKET, Key=to, CopySource=source)


def put_file(key: str, path: Path, *, content_type: str) -> None:
    """Write a file as an object, piece by piece: it appears whole, with the last call, or not at all. Idempotent."""
    with translated():
        s3, place = scoped_client("s3"), {"Bucket": settings.LAKE_BUCKET, "Key": key}
        upload_id = s3.create_multipart_upload(**place, ContentType=content_type)["UploadId"]
        parts: list[CompletedPartTypeDef] = []
        try:
            with path.open("rb") as file:
                while (body := file.read(_PART_BYTES)) or not parts:
                    number = len(parts) + 1
                    answer = s3.upload_part(**place, UploadId=upload_id, PartNumber=number, Body=body)
                    parts.append({"ETag": answer["ETag"], "PartNumber": number})
            s3.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload={"Parts": parts})
        except BaseException:  # of a killed process what is left is no object; the bucket's own rule takes it away
            s3.abort_multipart_upload(**place, UploadId=upload_id)
            raise


def link_to(key: str, *, file_name: str, content_type: str, seconds: int) -> str:
    """An address by which anybody who has it gets the object for so long; it is signed by the scope in force.

    It dies with the session that signed it, too. No call is made: whether the object is there, nobody asked.
    """
    disposition = f'attachment; filename="{file_name}"'
    said = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
    return scoped_client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": settings.LAKE_BUCKET, "Key": key, **said}, ExpiresIn=seconds
    )


def delete_objects(keys: Sequence[str]) -> None:
    """Delete objects, 1,000 a call; the bucket keeps their last versions for a while. Idempotent.

    Raises:
        StoreError: S3 kept some of them.
    """
    _delete([{"Key": key} for key in keys])


def _delete(named: Sequence[ObjectIdentifierTypeDef]) -> None:
    for start in range(0, len(named), _DELETED_AT_ONCE):
        part = named[start : start + _DELETED_AT_ONCE]
        with translated():
            answer = scoped_client("s3").delete_objects(
                Bucket=settings.LAKE_BUCKET, Delete={"Objects": part, "Quiet": True}
            )
        for fault in answer.get("Errors", []):
            raise StoreError(fault.get("Code", "not deleted"))


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of an object, or (``size`` 0) the mark of its deletion."""

    key: str
    version_id: str
    size: int


def list_versions(folder: str) -> Iterator[StoredVersion]:
    """Every version of every object under a folder (with its last slash), marks of deletion too; 1,000 a call."""
    pages = (
        scoped_client("s3").get_paginator("list_object_versions").paginate(Bucket=settings.LAKE_BUCKET, Prefix=folder)
    )
    for page in _translated(pages):
        for found in page.get("Versions", []):
            yield StoredVersion(found["Key"], found["VersionId"], found["Size"])
        for mark in page.get("DeleteMarkers", []):
            yield StoredVersion(mark["Key"], mark["VersionId"], 0)


def delete_versions(versions: Sequence[StoredVersion]) -> None:
    """Delete versions for good, 1,000 a call. Idempotent.

    Raises:
        StoreError: S3 kept some of them.
    """
    _delete([{"Key": version.key, "VersionId": version.version_id} for version in versions])


def _translated(pages: Iterable[T]) -> Iterator[T]:
    """The pages of a listing, with what goes wrong at each in this project's words."""
    left = iter(pages)
    while True:
        with translated():
            page = next(left, None)
        if page is None:
            return
        yield page
