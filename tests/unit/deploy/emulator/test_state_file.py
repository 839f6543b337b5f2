"""A state is the old one, the new one, or refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.emulator import state_file
from deploy.emulator.state_file import StateDamagedError, Writer

if TYPE_CHECKING:
    from pathlib import Path

STATES = {"dynamodb": b"items" * 100, "sqs": b"", "cloudformation": b'{"form": 1}\n'}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A saved state."""
    path = state_file.state_path(tmp_path)
    _save(path, STATES)
    return path


def _save(path: Path, states: dict[str, bytes]) -> None:
    writer = Writer(path)
    for service, content in states.items():
        writer.add(service, "msgpack", content)
    writer.finish()


def _read(path: Path) -> dict[str, bytes]:
    return {header.service: content for header, content in state_file.read(path)}


def test_what_was_written_is_read_and_nobody_else_reads_it(path: Path) -> None:
    assert _read(path) == STATES
    assert path.stat().st_mode & 0o077 == 0
    assert not state_file.was_cut_off(path)


def test_no_state_is_an_empty_one(tmp_path: Path) -> None:
    assert state_file.read(state_file.state_path(tmp_path)) == []


def test_state_cut_off_anywhere_is_refused_in_one_line_and_kept(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StateDamagedError, match=r"\A[^\n]*make reset[^\n]*\Z"):
            state_file.read(path)
        assert path.read_bytes() == whole[:length]


def test_state_with_a_changed_byte_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        try:
            found = _read(path)
        except StateDamagedError:
            continue
        assert list(found.values()) == list(STATES.values()), "only a name may differ unseen"


def test_state_with_more_behind_its_end_or_of_another_form_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for other in (
        whole + b"\n",
        whole.replace(b'"form":1', b'"form":2'),
        whole.replace(b'"services":3', b'"services":4'),
    ):
        path.write_bytes(other)
        with pytest.raises(StateDamagedError, match="make reset"):
            state_file.read(path)


def test_save_that_does_not_end_leaves_the_old_state(path: Path) -> None:
    Writer(path).add("dynamodb", "msgpack", b"new")
    assert _read(path) == STATES
    assert state_file.was_cut_off(path)
    _save(path, {"dynamodb": b"newer"})
    assert _read(path) == {"dynamodb": b"newer"}
    assert not state_file.was_cut_off(path)


def test_first_save_that_does_not_end_is_refused(tmp_path: Path) -> None:
    path = state_file.state_path(tmp_path)
    Writer(path).add("dynamodb", "msgpack", b"new")
    with pytest.raises(StateDamagedError, match=r"cut off.*make reset"):
        state_file.read(path)
