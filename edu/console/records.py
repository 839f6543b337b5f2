"""The part of Django's query set protocol that read-only admin pages use, over an app's services.

Deliberately small: what is not here raises ``UnsupportedQueryError``. Nothing becomes a scan, nothing is cut short
without saying so, and a listing is only ever read a page at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar

from django.db import models

from edu.errors import LibretaError

if TYPE_CHECKING:
    from edu.dynamo.pages import Page

M = TypeVar("M", bound=models.Model)


class UnsupportedQueryError(LibretaError):
    """The console was asked for a query that has no access path in the table: a bug of ours."""

    code = "unsupported_query"


class Source(Protocol[M]):
    """Where a model's records come from: the app's services, asked in one actor's name."""

    @property
    def filters(self) -> frozenset[str]:
        """The fields a listing can be narrowed by."""

    def page(self, filters: Mapping[str, str], *, cursor: str | None, limit: int) -> Page[M]:
        """One page of the listing, by one query.

        Raises:
            InvalidCursorError: the cursor is not of this listing and school.
        """

    def get(self, pk: str) -> M | None:
        """One record, or ``None`` when this school has none of that id."""


@dataclass(frozen=True)
class RecordQuerySet(Generic[M]):
    """A source with some of its filters set."""

    model: type[M]
    source: Source[M]
    filters: Mapping[str, str] = field(default_factory=dict)
    ordered = True  # a sort key's order is total

    def filter(self, **lookups: str) -> RecordQuerySet[M]:
        """The same listing narrowed by exact values of fields the source can narrow by.

        Raises:
            UnsupportedQueryError: for any other field or lookup, or a second value for the same field.
        """
        if not self.source.filters.issuperset(lookups) or not self.filters.keys().isdisjoint(lookups):
            self._refuse(f"filter({', '.join(sorted(lookups))})")
        return RecordQuerySet(self.model, self.source, {**self.filters, **lookups})

    def page(self, *, cursor: str | None, limit: int) -> Page[M]:
        """One page of the listing. Same errors as ``Source.page``."""
        return self.source.page(self.filters, cursor=cursor, limit=limit)

    def get(self, **lookups: str) -> M:
        """One record by its primary key.

        Raises:
            DoesNotExist: the model's own; there is none of that id in this school.
            UnsupportedQueryError: for any other lookup.
        """
        name = self.model._meta.pk.name  # noqa: SLF001 - Django's documented model options
        if self.filters or lookups.keys() - {"pk", name} or len(lookups) != 1:
            self._refuse(f"get({', '.join(sorted(lookups))})")
        found = self.source.get(next(iter(lookups.values())))
        if found is None:
            raise self.model.DoesNotExist  # type: ignore[attr-defined] # every concrete model has its own
        return found

    def __iter__(self) -> NoReturn:
        self._refuse("reading a listing without paging")

    def __len__(self) -> NoReturn:  # noqa: PLE0303 - raises
        self._refuse("counting a listing")

    def __getitem__(self, _index: object) -> NoReturn:
        self._refuse("slicing a listing")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - raises for every name
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse(name)

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedQueryError(f"{self.model.__name__}: {what}")
