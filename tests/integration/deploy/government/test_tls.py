"""The simulated government with a certificate: a good one, an expired one, a foreign one, another host's."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.integration.govsync.support import Government, running_government
from tests.support.certificates import new_authority
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


def _health(government: Government, trusted: Path) -> int:
    context = ssl.create_default_context(cafile=str(trusted))
    return httpx.get(f"{government.url}/_health", verify=context, trust_env=False).status_code


def test_good_certificate_is_served(tmp_path: Path) -> None:
    authority = new_authority(tmp_path)
    with running_government(free_port(), tmp_path / "state.sqlite", tls=authority.certify(tmp_path)) as government:
        assert _health(government, authority.path) == 200
        government.fail(action="reset")  # the switches' port has no TLS
        assert government.requests() == []


@pytest.mark.parametrize(
    ("host", "days", "fault"),
    [("127.0.0.1", -1, "expired"), ("127.0.0.2", 1, "IP address mismatch"), ("localhost", 1, "IP address mismatch")],
)
def test_bad_certificate_is_served_as_well(tmp_path: Path, host: str, days: int, fault: str) -> None:
    authority = new_authority(tmp_path)
    tls = authority.certify(tmp_path, host=host, days=days)
    with running_government(free_port(), tmp_path / "state.sqlite", tls=tls) as government:
        with pytest.raises(httpx.ConnectError, match=fault):
            _health(government, authority.path)
        assert "Traceback" not in government.process.log


def test_foreign_certificate_is_served_as_well(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    ours, foreign = new_authority(tmp_path / "ours"), new_authority(tmp_path)
    with (
        running_government(free_port(), tmp_path / "state.sqlite", tls=foreign.certify(tmp_path)) as government,
        pytest.raises(httpx.ConnectError, match="certificate verify failed"),
    ):
        _health(government, ours.path)
