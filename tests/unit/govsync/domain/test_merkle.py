"""The tree of RFC 6962: the roots and paths that its implementations agree on, and that no other leaf has a proof."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from govsync.domain.merkle import proof_of, root_by_proof, root_of

# The leaves, roots and audit paths of Certificate Transparency's reference tests.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
some_leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@pytest.mark.parametrize("size", range(9))
def test_root_is_the_one_that_others_have(size: int) -> None:
    assert root_of(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("place", "path"), PATHS.items())
def test_path_is_the_one_that_others_have(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    assert proof_of(LEAVES[:size], index) == path
    assert root_by_proof(LEAVES[index], index=index, size=size, path=path) == ROOTS[size]


@given(some_leaves)
def test_every_leaf_has_a_proof(leaves: list[bytes]) -> None:
    for index, leaf in enumerate(leaves):
        path = proof_of(leaves, index)
        assert root_by_proof(leaf, index=index, size=len(leaves), path=path) == root_of(leaves)


@given(some_leaves, st.data())
def test_no_other_leaf_has_it(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(max_size=70))
    assume(other != leaves[index])
    path = proof_of(leaves, index)
    assert root_by_proof(other, index=index, size=len(leaves), path=path) != root_of(leaves)


@given(some_leaves, st.data())
def test_changed_path_leads_elsewhere(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = proof_of(leaves, index)
    assume(path)
    step, byte = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 31))
    changed = bytearray.fromhex(path[step])
    changed[byte] ^= data.draw(st.integers(1, 255))
    path[step] = changed.hex()
    assert root_by_proof(leaves[index], index=index, size=len(leaves), path=path) != root_of(leaves)


@pytest.mark.parametrize("written", [PATHS[2, 3][0].upper(), f" {PATHS[2, 3][0]}", PATHS[2, 3][0][:-2], "!"])
def test_hash_is_written_in_one_way(written: str) -> None:
    with pytest.raises(ValueError, match="no hash"):
        root_by_proof(LEAVES[2], index=2, size=3, path=[written])


@given(some_leaves, st.data())
def test_path_of_another_length_is_none(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = proof_of(leaves, index)
    wrong = [*path, "00" * 32] if not path or data.draw(st.booleans()) else path[:-1]
    with pytest.raises(ValueError, match="path is too"):
        root_by_proof(leaves[index], index=index, size=len(leaves), path=wrong)


@given(some_leaves, st.data())
def test_any_changed_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:index], leaves[index] + b"!", *leaves[index + 1 :]]
    assert root_of(changed) != root_of(leaves)
    assert root_of([*leaves, b""]) != root_of(leaves) != root_of(leaves[1:])


@pytest.mark.parametrize("index", [-1, 8])
def test_leaf_that_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        proof_of(LEAVES, index)
    with pytest.raises(ValueError, match="no such leaf"):
        root_by_proof(b"", index=index, size=8, path=[])
