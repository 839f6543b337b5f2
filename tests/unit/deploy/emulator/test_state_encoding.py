"""What ministack keeps in memory comes back from bytes as it was."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from deploy.emulator.extension import patching, state_encoding


def _by_region(content: dict[Any, Any]) -> Any:
    return patching.core("responses").AccountRegionScopedDict.from_dict(content)


def _by_account(content: dict[Any, Any]) -> Any:
    return patching.core("responses").AccountScopedDict.from_dict(content)


ITEMS = defaultdict(dict, {"p": {"s": {"pk": {"S": "ñ"}, "raw": {"B": b"\x00\xff"}}}})


@pytest.mark.parametrize("odd", ["plain", "half \ud800", 2**70])
def test_scoped_dictionaries_keep_their_keys_and_values(odd: object) -> None:
    region, account = ("0" * 12, "us-east-1", "T"), ("0" * 12, ("bucket", "key", None))
    state = {"tables": _by_region({region: {"items": ITEMS, "odd": odd}}), "versions": _by_account({account: [b"x"]})}
    encoding, content = state_encoding.encode(state)
    found = state_encoding.decode(encoding, content)
    assert type(found["tables"]) is type(state["tables"])
    assert type(found["versions"]) is type(state["versions"])
    assert found["tables"].to_dict() == {region: {"items": dict(ITEMS), "odd": odd}}
    assert found["versions"].to_dict() == {account: [b"x"]}
    assert (encoding == state_encoding.MSGPACK) is (odd == "plain")


def test_value_that_cannot_be_kept_is_no_state() -> None:
    with pytest.raises(TypeError):
        state_encoding.encode({"lock": object()})


@pytest.mark.parametrize(("encoding", "content"), [("pickle", b""), ("msgpack", b"\xc1"), ("json", b"{")])
def test_bytes_of_another_encoding_are_an_error(encoding: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        state_encoding.decode(encoding, content)
