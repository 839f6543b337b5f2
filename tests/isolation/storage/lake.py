"""S3 itself: every form of reading, writing, copying, listing and signing, by every principal, at every path."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from tests.isolation.actors import verdict
from tests.isolation.operations.aims import OWN
from tests.isolation.policy.law import TAGGED
from tests.isolation.sections import ALLOWED, DENIED, REFUSED, Cell
from tests.isolation.storage.grants import granted
from tests.isolation.storage.resources import LISTINGS, OBJECTS, Resource, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.isolation.actors import Actor
    from tests.isolation.policy.law import Law

_OWN_RESULT = f"athena-results/school={OWN}/made.csv"
_SELF = "object: own results"
_THREADS = 3
_FEW = frozenset(
    {"own events", "own results", "other's results", "failed deliveries", "names of schools", "everything"}
)


@dataclass(frozen=True)
class Form:
    """One way to ask S3. ``needs``: the actions on the object aimed at; ``needs_own``: those on the own results."""

    operation: str
    name: str
    call: Callable[[Any, str, str], Any]
    needs: tuple[str, ...]
    needs_own: tuple[str, ...] = ()


def _presigned(method: str) -> Callable[[Any, str, str], Any]:
    """A signed URL, used as it stands: a library that tidies paths would ask for another key."""
    verb, body = ("PUT", b"attacked") if method == "put_object" else ("GET", None)

    def call(client: Any, bucket: str, key: str) -> Any:
        url = urlsplit(client.generate_presigned_url(method, Params={"Bucket": bucket, "Key": key}, ExpiresIn=60))
        connection = HTTPConnection(str(url.hostname), url.port, timeout=10)
        try:
            connection.request(verb, f"{url.path}?{url.query}", body)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            code = "AccessDenied" if answer.status == HTTPStatus.FORBIDDEN else "Refused"
            raise ClientError({"Error": {"Code": code, "Message": text}}, method)
        return text

    return call


def _delete_many(client: Any, bucket: str, key: str) -> Any:
    """S3 answers 200 here and says object by object what was denied."""
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    if answer.get("Errors"):
        raise ClientError({"Error": {"Code": answer["Errors"][0]["Code"]}}, "DeleteObjects")
    return answer


def _copy_part(client: Any, bucket: str, key: str) -> Any:
    upload = client.create_multipart_upload(Bucket=bucket, Key=_OWN_RESULT)["UploadId"]
    source = {"Bucket": bucket, "Key": key}
    return client.upload_part_copy(Bucket=bucket, Key=_OWN_RESULT, UploadId=upload, PartNumber=1, CopySource=source)


FORMS = (
    Form("GetObject", "plain", lambda c, b, k: c.get_object(Bucket=b, Key=k), ("GetObject",)),
    Form("GetObject", "a range", lambda c, b, k: c.get_object(Bucket=b, Key=k, Range="bytes=0-3"), ("GetObject",)),
    Form("GetObject", "presigned", _presigned("get_object"), ("GetObject",)),
    Form(
        "GetObject", "a version", lambda c, b, k: c.get_object(Bucket=b, Key=k, VersionId="null"), ("GetObjectVersion",)
    ),
    Form("HeadObject", "plain", lambda c, b, k: c.head_object(Bucket=b, Key=k), ("GetObject",)),
    Form("GetObjectTagging", "plain", lambda c, b, k: c.get_object_tagging(Bucket=b, Key=k), ("GetObjectTagging",)),
    Form("GetObjectAcl", "plain", lambda c, b, k: c.get_object_acl(Bucket=b, Key=k), ("GetObjectAcl",)),
    Form("PutObject", "plain", lambda c, b, k: c.put_object(Bucket=b, Key=k, Body=b"attacked"), ("PutObject",)),
    Form("PutObject", "presigned", _presigned("put_object"), ("PutObject",)),
    Form("CreateMultipartUpload", "plain", lambda c, b, k: c.create_multipart_upload(Bucket=b, Key=k), ("PutObject",)),
    Form(
        "CopyObject",
        "from there into the own results",
        lambda c, b, k: c.copy_object(Bucket=b, Key=_OWN_RESULT, CopySource={"Bucket": b, "Key": k}),
        ("GetObject",),
        ("PutObject",),
    ),
    Form(
        "CopyObject",
        "from the own results to there",
        lambda c, b, k: c.copy_object(Bucket=b, Key=k, CopySource={"Bucket": b, "Key": OBJECTS["own results"]}),
        ("PutObject",),
        ("GetObject",),
    ),
    Form("UploadPartCopy", "from there into the own results", _copy_part, ("GetObject",), ("PutObject",)),
    Form("DeleteObject", "plain", lambda c, b, k: c.delete_object(Bucket=b, Key=k), ("DeleteObject",)),
    Form(
        "DeleteObject",
        "a version",
        lambda c, b, k: c.delete_object(Bucket=b, Key=k, VersionId="null"),
        ("DeleteObjectVersion",),
    ),
    Form("DeleteObjects", "one", _delete_many, ("DeleteObject",)),
)
LIST_FORMS = (
    Form("ListObjectsV2", "plain", lambda c, b, p: c.list_objects_v2(Bucket=b, Prefix=p), ("ListBucket",)),
    Form("ListObjects", "first version", lambda c, b, p: c.list_objects(Bucket=b, Prefix=p), ("ListBucket",)),
    Form(
        "ListObjectsV2",
        "by a delimiter",
        lambda c, b, p: c.list_objects_v2(Bucket=b, Prefix=p, Delimiter="/"),
        ("ListBucket",),
    ),
    Form(
        "ListObjectsV2",
        "after another's key",
        lambda c, b, p: c.list_objects_v2(Bucket=b, Prefix=p, StartAfter=OBJECTS["other's events"]),
        ("ListBucket",),
    ),
    Form(
        "ListObjectVersions",
        "plain",
        lambda c, b, p: c.list_object_versions(Bucket=b, Prefix=p),
        ("ListBucketVersions",),
    ),
    Form(
        "ListMultipartUploads",
        "plain",
        lambda c, b, p: c.list_multipart_uploads(Bucket=b, Prefix=p),
        ("ListBucketMultipartUploads",),
    ),
)


def put_objects(root: Any, bucket: str) -> dict[str, str]:
    """An object with a marker at every path; the markers by key."""
    markers = {key: f"lake-marker-{number:02d}-" for number, key in enumerate(OBJECTS.values())}
    for key, marker in markers.items():
        root.put_object(Bucket=bucket, Key=key, Body=marker.encode())
    return markers


def contents(root: Any, bucket: str) -> dict[str, str]:
    """Every object's digest, as root sees the bucket."""
    pages = root.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


@dataclass(frozen=True)
class Place:
    """Where in the bucket, how the report and the grants call it, and what must not come from elsewhere."""

    name: str
    thing: str
    bucket: str
    path: str
    markers: dict[str, str]


def attack(law: Law, actors: list[Actor], bucket: str, markers: dict[str, str]) -> Iterator[Cell]:
    """Every form by everybody at every path: all paths for a school's sessions, a few for who has nothing here."""
    things = {thing.name: thing for thing in named(law.forms[0]) if thing.service == "s3"}
    objects = [(form, Place(n, f"object: {n}", bucket, OBJECTS[n], markers)) for form, n in product(FORMS, OBJECTS)]
    listings = [
        (form, Place(n, f"listing: {n}", bucket, LISTINGS[n], markers)) for form, n in product(LIST_FORMS, LISTINGS)
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        for actor in actors:
            actor.client("s3")
            asked = [pair for pair in objects + listings if actor.name in TAGGED or pair[1].name in _FEW]
            yield from pool.map(lambda pair, actor=actor: _cell(law, actor, pair[0], pair[1], things), asked)


def _cell(law: Law, actor: Actor, form: Form, place: Place, things: dict[str, Resource]) -> Cell:
    seen, said = verdict(lambda: form.call(actor.client("s3"), place.bucket, place.path))
    expected = _expected(actor, form, place.thing)
    seen = ALLOWED if seen == REFUSED and expected == ALLOWED else seen
    seen = _leak(actor, said, place.markers) or seen
    ruled = law.verdict(actor.caller, _accesses(form, things, place.thing))
    observed = seen if seen == ruled else f"emulator {seen}, evaluator {ruled}"
    return Cell(f"s3 {form.operation}", form.name, f"{actor.name} at {place.name}", expected, observed, said)


def _accesses(form: Form, things: dict[str, Resource], thing: str) -> list[Any]:
    own = [things[_SELF].access(action) for action in form.needs_own]
    return [*(things[thing].access(action) for action in form.needs), *own]


def _expected(actor: Actor, form: Form, thing: str) -> str:
    has = set(form.needs) <= granted(actor.name, "s3", thing)
    return ALLOWED if has and set(form.needs_own) <= granted(actor.name, "s3", _SELF) else DENIED


def _leak(actor: Actor, said: str, markers: dict[str, str]) -> str:
    """Whether an answer holds the content of an object, or names a path, that the actor may not read."""
    hidden = {key for name, key in OBJECTS.items() if "GetObject" not in granted(actor.name, "s3", f"object: {name}")}
    found = [key for key, marker in markers.items() if key in hidden and marker in said]
    return "LEAKED another's object" if found else ""
