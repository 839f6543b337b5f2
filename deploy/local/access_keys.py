"""What a local deployment leaves in the state directory: ``stack.env`` and the three processes' access keys.

On AWS neither exists: processes are ECS roles, and their settings come from the task definition.
"""

from __future__ import annotations

import configparser
import io
from typing import TYPE_CHECKING, Final

from deploy.local.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import AccessKeyMetadataTypeDef

STACK_ENV_NAME: Final = "stack.env"
CREDENTIALS_NAME: Final = "aws-credentials"
PROFILES: Final = ("web", "worker", "operator")
_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"


def write_environment(state_dir: Path, environment: Mapping[str, str]) -> Path:
    """Write ``stack.env``: one ``KEY=value`` a line, only for its owner, in one step. Idempotent."""
    path = state_dir / STACK_ENV_NAME
    write_private(path, "".join(f"{key}={value}\n" for key, value in environment.items()))
    return path


def ensure_access_keys(iam: IAMClient, outputs: Mapping[str, str], state_dir: Path) -> list[str]:
    """Give each local user one access key and keep it as a profile of ``aws-credentials``, only for its owner.

    Idempotent: a profile whose key the user still has is left alone. Otherwise the user's keys are replaced by a
    new one, since a secret is shown only once. Other profiles in the file are kept.

    Returns:
        The profiles that got a new key.
    """
    path = state_dir / CREDENTIALS_NAME
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    renewed = []
    for profile in PROFILES:
        user = outputs[f"{profile.capitalize()}UserName"]
        kept = parser.get(profile, _KEY_ID, fallback="") if parser.has_option(profile, _SECRET) else ""
        existing = {key["AccessKeyId"]: key["Status"] for key in _keys(iam, user)}
        if existing.get(kept) == "Active":
            continue
        for key_id in existing:
            iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        parser[profile] = {_KEY_ID: key["AccessKeyId"], _SECRET: key["SecretAccessKey"]}
        renewed.append(profile)
    if renewed:
        text = io.StringIO()
        parser.write(text)
        write_private(path, text.getvalue())
    return renewed


def _keys(iam: IAMClient, user: str) -> list[AccessKeyMetadataTypeDef]:
    return iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
