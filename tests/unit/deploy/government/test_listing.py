"""The list of held grades, as it should not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.deploy.government.support import grades

if TYPE_CHECKING:
    from tests.unit.deploy.government.support import Talk

SENT = grades(4)


@pytest.mark.parametrize(
    ("listing", "students"),
    [
        ({"hide": ["s-1"]}, ["s-0", "s-2", "s-3"]),
        ({"also": {"s-1": {}}}, ["s-0", "s-1", "s-1", "s-2", "s-3"]),
        ({"overlap": 1}, ["s-0", "s-1", "s-1", "s-2", "s-3"]),
        ({"extra": [{"student_id": "nobody"}]}, ["s-0", "s-1", "s-2", "s-3", "nobody"]),
        ({"page_grades": 4}, ["s-0", "s-1", "s-2", "s-3"]),
        ({"cursors": "endless", "extra": [{"student_id": "x"}]}, ["s-0", "s-1", "s-2", "s-3", "x"]),
    ],
)
def test_list_shows_other_grades(talk: Talk, listing: dict[str, Any], students: list[str]) -> None:
    talk.submit(SENT)
    talk.set(listing=listing)
    pages = talk.pages(limit=2)
    assert [grade["student_id"] for page in pages for grade in page.body["grades"]] == students
    assert len(pages) == (1 if "page_grades" in listing else 10 if "cursors" in listing else 2)


def test_list_shows_other_values_and_versions(talk: Talk) -> None:
    talk.submit(SENT)
    talk.set(listing={"differ": {"s-0": {"version": 9}, "s-1": {"value": "1.0"}}, "also": {"s-2": {"value": "2.0"}}})
    listed = [(grade["version"], grade["value"]) for grade in talk.page().body["grades"]]
    assert listed == [(9, "5.5"), (1, "1.0"), (1, "5.5"), (1, "2.0"), (1, "5.5")]


@pytest.mark.parametrize(
    ("cursors", "ends"),
    [("right", [{"next_cursor": None}]), ("empty", [{"next_cursor": ""}]), ("absent", [{}])],
)
def test_list_ends_in_the_three_agreed_ways(talk: Talk, cursors: str, ends: list[dict[str, Any]]) -> None:
    talk.submit(SENT)
    talk.set(listing={"cursors": cursors})
    found = [{name: page.body[name] for name in page.body if name == "next_cursor"} for page in talk.pages(limit=4)]
    assert found == ends


def test_list_goes_round_or_on_for_ever(talk: Talk) -> None:
    talk.submit(SENT)
    cursors = {}
    for kind in ("cycle", "endless"):
        talk.set(listing={"cursors": kind})
        cursors[kind] = [page.body["next_cursor"] for page in talk.pages(limit=2, at_most=7)]
    assert len(set(cursors["cycle"])) == 2
    assert len(set(cursors["endless"])) == 7
