"""The chain of a run's history: whatever is done to it is found, and named by the entry's version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.chain import ChainBrokenError, chain_start, chained, check_chain, entry_form
from tests.unit.govsync.proofs import RUN, START, entries

Forms = list[dict[str, str | int]]


def forms(count: int = 6, *, unchained: int = 0) -> Forms:
    return [entry_form(entry) for entry in entries(count, unchained=unchained)]


def head_of(found: Forms) -> str:
    return str(found[-1].get("sha256", ""))


def fault(found: Forms, *, head: str) -> str:
    with pytest.raises(ChainBrokenError) as caught:
        check_chain(found, start=START, head=head)
    return str(caught.value)


def test_whole_history_passes() -> None:
    assert check_chain(forms(), start=START, head=head_of(forms())) == 0


def test_no_run_has_anothers_history() -> None:
    other = chain_start(school_id="escuela-sur", run_id=RUN.run_id)
    assert other != START != chain_start(school_id=RUN.school_id, run_id="2026-t3-r2")
    with pytest.raises(ChainBrokenError, match="entry 1: not chained"):
        check_chain(forms(), start=other, head=head_of(forms()))


@given(st.integers(0, 5), st.data())
def test_any_edited_field_is_found(position: int, data: st.DataObject) -> None:
    found = forms()
    name = data.draw(st.sampled_from(sorted(found[position].keys() - {"version"})))
    found[position][name] = "other"
    assert fault(found, head=head_of(forms())).startswith(f"entry {position + 1}: ")


@given(st.integers(0, 5), st.sampled_from(["detail", "note"]))
def test_added_or_removed_field_is_found(position: int, name: str) -> None:
    added, removed = forms(), forms()
    added[position][name] = "x"
    del removed[position]["salt"]
    for found in (added, removed):
        assert fault(found, head=head_of(forms())) == f"entry {position + 1}: altered"


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ([1, 2, 3, 4, 5], "entry 1: missing"),
        ([0, 1, 3, 4, 5], "entry 3: missing"),
        ([0, 1, 1, 2, 3, 4, 5], "entry 2: doubled"),
        ([0, 2, 1, 3, 4, 5], "entry 2: out of its place"),
        ([0, 1, 2, 3, 4], "entry 6: missing: the run names another last entry"),
        ([], "entry 1: missing: the run names another last entry"),
    ],
)
def test_missing_doubled_or_swapped_entry_is_named(order: list[int], named: str) -> None:
    whole = forms()
    assert fault([whole[position] for position in order], head=head_of(whole)) == named


def test_swapped_content_is_named_although_versions_are_in_order() -> None:
    found = forms()
    found[1], found[3] = {**found[3], "version": 2}, {**found[1], "version": 4}
    assert fault(found, head=head_of(forms())) == "entry 2: altered"


def test_removed_entry_is_found_although_versions_were_closed_up() -> None:
    found = forms()
    del found[2]
    closed = [*found[:2], *({**entry, "version": version} for version, entry in enumerate(found[2:], 3))]
    assert fault(closed, head=head_of(forms())) == "entry 3: altered"


def test_history_chained_anew_is_found_by_the_head_that_was_given_out() -> None:
    anew, previous = [], START
    for entry in entries(6):
        linked = chained(replace(entry, actor="somebody-else"), previous)
        previous = linked.sha256
        anew.append(entry_form(linked))
    assert check_chain(anew, start=START, head=previous) == 0
    assert "names another last entry" in fault(anew, head=head_of(forms()))


@pytest.mark.parametrize("unchained", [1, 3, 6])
def test_entries_from_before_the_chain_are_counted(unchained: int) -> None:
    found = forms(unchained=unchained)
    assert check_chain(found, start=START, head=head_of(found)) == unchained


def test_chained_entry_cannot_be_made_an_unchained_one() -> None:
    for position in range(6):
        found = forms()
        for name in ("sha256", "previous_sha256", "salt"):
            del found[position][name]
        named = fault(found, head=head_of(forms()))
        assert named == (
            "entry 2: not chained to the one before it" if position == 0 else f"entry {position + 1}: altered"
        )


def test_empty_fields_do_not_count() -> None:
    """A field that a later release adds, and that is empty, must leave an older entry's digest as it was."""
    [entry] = entries(1)
    assert not {"batch_number", "request_sha256", "detail"} & entry_form(entry).keys()
    zero: Any = chained(replace(entry, duration_ms=0), START)
    assert zero.sha256 != entry.sha256
