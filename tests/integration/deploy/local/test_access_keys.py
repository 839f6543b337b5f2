"""The files of a local deployment: private, idempotent, renewed when a key is gone."""

from __future__ import annotations

import configparser
import stat
from typing import TYPE_CHECKING

import pytest

from deploy.local import access_keys

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.stack import deployment
    from tests.support.cloud import Cloud


def _profiles(state_dir: Path) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(state_dir / access_keys.CREDENTIALS_NAME)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_keys_belong_to_the_three_processes(
    cloud: Cloud, clients: deployment.Clients, outputs: dict[str, str], tmp_path: Path
) -> None:
    assert access_keys.ensure_access_keys(clients.iam, outputs, tmp_path) == ["web", "worker", "operator"]
    for profile, keys in _profiles(tmp_path).items():
        caller = cloud.emulator.client("sts", **keys).get_caller_identity()
        assert caller["Arn"].endswith(f":user/libreta-spare-{profile}")


def test_keys_are_kept_while_they_work(clients: deployment.Clients, outputs: dict[str, str], tmp_path: Path) -> None:
    access_keys.ensure_access_keys(clients.iam, outputs, tmp_path)
    before = _profiles(tmp_path)
    assert access_keys.ensure_access_keys(clients.iam, outputs, tmp_path) == []
    assert _profiles(tmp_path) == before


def test_missing_key_is_renewed_alone_and_the_old_one_dies(
    clients: deployment.Clients, outputs: dict[str, str], tmp_path: Path
) -> None:
    access_keys.ensure_access_keys(clients.iam, outputs, tmp_path)
    before = _profiles(tmp_path)
    path = tmp_path / access_keys.CREDENTIALS_NAME
    path.write_text(path.read_text().replace("[worker]", "[somebody]"))
    assert access_keys.ensure_access_keys(clients.iam, outputs, tmp_path) == ["worker"]
    after = _profiles(tmp_path)
    assert {name: after[name] for name in ("web", "operator")} == {name: before[name] for name in ("web", "operator")}
    assert after["somebody"] == before["worker"]
    (key,) = clients.iam.list_access_keys(UserName=outputs["WorkerUserName"])["AccessKeyMetadata"]
    assert key["AccessKeyId"] == after["worker"]["aws_access_key_id"] != before["worker"]["aws_access_key_id"]


@pytest.mark.parametrize("name", [access_keys.CREDENTIALS_NAME, access_keys.STACK_ENV_NAME])
def test_file_is_readable_by_its_owner_alone(
    clients: deployment.Clients, outputs: dict[str, str], tmp_path: Path, name: str
) -> None:
    access_keys.write_environment(tmp_path, {"LIBRETA_TABLE_NAME": "libreta-spare"})
    access_keys.ensure_access_keys(clients.iam, outputs, tmp_path)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [access_keys.CREDENTIALS_NAME, access_keys.STACK_ENV_NAME]
    )
