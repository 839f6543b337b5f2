from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.console.models import AuditEntry
from edu.console.records import RecordQuerySet, UnsupportedQueryError
from edu.dynamo.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Entries = RecordQuerySet[AuditEntry]


class _Memory:
    """One record, and a note of what was asked."""

    filters = frozenset({"month", "role"})

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], str | None, int]] = []

    def page(self, filters: Mapping[str, str], *, cursor: str | None, limit: int) -> Page[AuditEntry]:
        self.asked.append((dict(filters), cursor, limit))
        return Page([AuditEntry.of(entry_key="a")], "next")

    def get(self, pk: str) -> AuditEntry | None:
        return AuditEntry.of(entry_key="a") if pk == "a" else None


@pytest.fixture
def entries() -> Entries:
    return RecordQuerySet(AuditEntry, _Memory())


def test_page_asks_the_source_once_with_filters_cursor_and_size(entries: Entries) -> None:
    page = entries.filter(month="2026-11").filter(role="teacher").page(cursor="c", limit=7)
    assert entries.source.asked == [({"month": "2026-11", "role": "teacher"}, "c", 7)]  # type: ignore[attr-defined]
    assert [record.pk for record in page.items] == ["a"]
    assert page.cursor == "next"


def test_filter_leaves_the_listing_it_was_called_on_as_it_was(entries: Entries) -> None:
    entries.filter(month="2026-11")
    assert entries.filters == {}


@pytest.mark.parametrize("lookups", [{"actor": "x"}, {"month__gte": "2026-01"}, {"month": "2026-11", "version": "1"}])
def test_filter_without_access_path_refused(entries: Entries, lookups: dict[str, str]) -> None:
    with pytest.raises(UnsupportedQueryError):
        entries.filter(**lookups)


def test_second_value_for_the_same_field_refused(entries: Entries) -> None:
    with pytest.raises(UnsupportedQueryError):
        entries.filter(month="2026-11").filter(month="2026-10")


@pytest.mark.parametrize("name", ["pk", "entry_key"])
def test_get_by_primary_key(entries: Entries, name: str) -> None:
    assert entries.get(**{name: "a"}).pk == "a"


def test_get_what_is_not_there_raises_the_models_own_error(entries: Entries) -> None:
    with pytest.raises(AuditEntry.DoesNotExist):
        entries.get(pk="b")


@pytest.mark.parametrize(
    "ask",
    [
        lambda e: e.get(role="teacher"),
        lambda e: e.get(pk="a", role="teacher"),
        lambda e: e.get(),
        lambda e: e.filter(month="2026-11").get(pk="a"),
        list,
        len,
        bool,
        lambda e: e[0],
        lambda e: e[:20],
        lambda e: e.count(),
        lambda e: e.exists(),
        lambda e: e.first(),
        lambda e: e.all(),
        lambda e: e.exclude(role="teacher"),
        lambda e: e.order_by("at"),
        lambda e: e.annotate(),
        lambda e: e.delete(),
        lambda e: e.update(role="x"),
    ],
)
def test_everything_else_refused(entries: Entries, ask: Callable[[Entries], object]) -> None:
    with pytest.raises(UnsupportedQueryError):
        ask(entries)
    assert entries.source.asked == []  # type: ignore[attr-defined]
