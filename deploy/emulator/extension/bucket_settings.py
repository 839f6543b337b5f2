"""Bucket properties stock ministack drops from a template: lifecycle, encryption, object lock."""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from deploy.emulator.extension import patching, stack_resources
from deploy.emulator.extension.stack_resources import Properties, is_true


def apply(bucket: str, props: Properties, old_props: Properties) -> None:
    """Bring the bucket's settings to what the template says; what the template dropped is removed."""
    s3 = patching.service("s3")
    rules = (props.get("LifecycleConfiguration") or {}).get("Rules") or []
    if rules:
        _accept(s3._put_bucket_lifecycle(bucket, lifecycle_xml(rules).encode()))
    elif old_props.get("LifecycleConfiguration"):
        s3._bucket_lifecycle.pop(bucket, None)
    encryption = (props.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or []
    if encryption:
        _accept(s3._put_bucket_encryption(bucket, encryption_xml(encryption).encode()))
    if is_true(props.get("ObjectLockEnabled")):
        # AWS: object lock brings versioning with it.
        s3._bucket_versioning[bucket] = "Enabled"
        lock = props.get("ObjectLockConfiguration") or {"ObjectLockEnabled": "Enabled"}
        _accept(s3._put_object_lock_configuration(bucket, object_lock_xml(lock).encode()))


def lifecycle_xml(rules: Iterable[Properties]) -> str:
    """The S3 API's document for a template's lifecycle rules."""
    return _element("LifecycleConfiguration", *(_lifecycle_rule(rule) for rule in rules))


def _lifecycle_rule(rule: Properties) -> str:
    transitions = list(rule.get("Transitions") or [])
    if rule.get("Transition"):
        transitions.append(rule["Transition"])
    parts = [
        _text("ID", rule.get("Id", "")),
        _element("Filter", _text("Prefix", rule.get("Prefix", ""))),
        _text("Status", rule.get("Status", "Enabled")),
    ]
    parts += [
        _element("Transition", _text("Days", item["TransitionInDays"]), _text("StorageClass", item["StorageClass"]))
        for item in transitions
    ]
    if rule.get("ExpirationInDays"):
        parts.append(_element("Expiration", _text("Days", rule["ExpirationInDays"])))
    noncurrent = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    if noncurrent:
        parts.append(_element("NoncurrentVersionExpiration", _text("NoncurrentDays", noncurrent)))
    abort = (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")
    if abort:
        parts.append(_element("AbortIncompleteMultipartUpload", _text("DaysAfterInitiation", abort)))
    return _element("Rule", *parts)


def encryption_xml(rules: Iterable[Properties]) -> str:
    """The S3 API's document for a template's encryption rules."""
    parts = []
    for rule in rules:
        default = rule.get("ServerSideEncryptionByDefault") or {}
        algorithm = _text("SSEAlgorithm", default.get("SSEAlgorithm", "AES256"))
        key = _text("KMSMasterKeyID", default["KMSMasterKeyID"]) if default.get("KMSMasterKeyID") else ""
        bucket_key = _text("BucketKeyEnabled", str(is_true(rule.get("BucketKeyEnabled"))).lower())
        parts.append(_element("Rule", _element("ApplyServerSideEncryptionByDefault", algorithm, key), bucket_key))
    return _element("ServerSideEncryptionConfiguration", *parts)


def object_lock_xml(lock: Properties) -> str:
    """The S3 API's document for a template's object lock."""
    retention = (lock.get("Rule") or {}).get("DefaultRetention")
    rule = ""
    if retention:
        periods = [_text(name, retention[name]) for name in ("Mode", "Days", "Years") if retention.get(name)]
        rule = _element("Rule", _element("DefaultRetention", *periods))
    return _element("ObjectLockConfiguration", _text("ObjectLockEnabled", "Enabled"), rule)


def _element(tag: str, *content: str) -> str:
    return f"<{tag}>{''.join(content)}</{tag}>"


def _text(tag: str, value: Any) -> str:
    return _element(tag, escape(str(value)))


def _accept(response: tuple[int, dict[str, str], bytes]) -> None:
    if response[0] >= 400:  # noqa: PLR2004 - HTTP: the request was refused
        raise ValueError(f"AWS::S3::Bucket: {response[2]!r}")


def install() -> None:
    """Apply the settings after every create and update of a bucket."""
    s3 = patching.service("s3")
    patching.require(s3, "_put_bucket_lifecycle", "name body")
    patching.require(s3, "_put_bucket_encryption", "name body")
    patching.require(s3, "_put_object_lock_configuration", "bucket_name body")
    stack_resources.after("AWS::S3::Bucket", apply)
