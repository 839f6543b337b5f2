"""Starting and stopping the emulator: ports, listeners, messages, the switch."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
import urllib3

from deploy.emulator import options
from deploy.emulator.errors import EmulatorError, PortBusyError
from deploy.emulator.management.commands.emulator import Command
from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from deploy.emulator.root import RootCredentials
from tests.integration.deploy.emulator.cloud import Cloud
from tests.integration.deploy.emulator.test_isolation import CALLS, OTHER, OWN
from tests.support.ports import free_port


def listeners(pid: int) -> set[tuple[str, int]]:
    """The addresses (hexadecimal) and ports a process listens on."""
    inodes = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            bound = fields[3] in ("0A", "07")  # listening TCP, unconnected UDP
            if bound and f"socket:[{fields[9]}]" in inodes:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_only_the_loopback_port_is_open(emulated: Cloud) -> None:
    pid = emulated.process.pid
    assert pid
    assert listeners(pid) == {("0100007F", emulated.process.options.port)}


def test_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"port {port} on 127.0.0.1 is busy"):
            EmulatorProcess(EmulatorOptions(port=port, state_dir=tmp_path)).start()


def test_state_dir_in_use_is_one_clear_line(emulated: Cloud) -> None:
    second = EmulatorProcess(EmulatorOptions(port=free_port(), state_dir=emulated.process.options.state_dir))
    with pytest.raises(EmulatorError, match="another emulator uses the state directory"):
        second.start()


def test_root_credentials_are_kept_from_others(emulated: Cloud) -> None:
    written = emulated.process.options.state_dir / "root-credentials"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert RootCredentials.load(emulated.process.options.state_dir) == emulated.process.root


def test_root_key_without_its_secret_is_refused(emulated: Cloud) -> None:
    for key_id in (emulated.process.root.access_key_id, "test", "000000000000"):
        sts = emulated.process.client("sts", aws_access_key_id=key_id, aws_secret_access_key="test")
        with pytest.raises(sts.exceptions.ClientError):
            sts.get_caller_identity()


def test_without_leading_keys_a_school_reads_nothing_or_all(tmp_path: Path) -> None:
    """The switch for seeing the isolation tests fail: the key is absent, as in stock ministack."""
    options = EmulatorOptions(port=free_port(), state_dir=tmp_path, persist=False, leading_keys=False)
    with EmulatorProcess(options) as process:
        cloud = Cloud(process)
        cloud.deploy()
        open_role = {
            "RoleName": "emulator-test-broad",
            "PolicyName": "every-action-on-own-school",
            "PolicyDocument": (
                '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",'
                ' "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "SCHOOL#iso-1"}}}]}'
            ),
        }
        process.client("iam").put_role_policy(**open_role)
        assert CALLS["get"](cloud.tenant("dynamodb", OWN, "broad"), OTHER)
        with pytest.raises(process.client("dynamodb").exceptions.ClientError):
            CALLS["get"](cloud.tenant("dynamodb", OWN), OWN)


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/sqs/messages", "/_ministack/config"])
def test_internal_endpoints_of_ministack_are_hidden(emulated: Cloud, path: str) -> None:
    assert urllib3.request("POST", emulated.process.endpoint_url + path).status == 404
    assert emulated.root("dynamodb").list_tables()["TableNames"]


def test_management_command_takes_the_same_options() -> None:
    parser = Command().create_parser("manage.py", "emulator")
    given = vars(parser.parse_args(["--port", "4999", "--no-persist", "--without-leading-keys"]))
    chosen = options.from_mapping(given)
    assert (chosen.port, chosen.persist, chosen.leading_keys) == (4999, False, False)
