"""The requests of the matrix for one address: every method, as everybody, and what each must come to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.identity.principal import Role
from tests.isolation.routes_cover import (
    ALLOWED,
    FORBIDDEN,
    HARMLESS,
    NOT_FOUND,
    NOT_OFFERED,
    REFUSED,
    SIGN_IN,
    Api,
    Cover,
    Offer,
    Open,
    Page,
)
from tests.isolation.routes_http import Ask, Caller, ask_api
from tests.isolation.routes_resolver import METHODS, Route
from tests.isolation.routes_school import ProbeSchool, path_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN, OWN_NAMED, FOREIGN, FOREIGN_BODY = "own ids", "own ids, other school named", "foreign ids", "foreign id in body"
FOREIGN_QUERY, FOREIGN_NAMED = "foreign ids in query", "foreign ids, other school named"
OWN_QUERY_NAMED = "own ids, other school named in query"
_FIELD = re.compile(r"{(\w+)}")
_READS = frozenset({"GET", "HEAD"})
_NO_OFFER = Offer(frozenset())


@dataclass(frozen=True)
class Try:
    """One request with what it must come to."""

    caller: Caller
    ask: Ask
    target: str
    expected: str
    also: frozenset[int] = frozenset()


def attacks(route: Route, cover: Cover, ours: ProbeSchool, theirs: ProbeSchool) -> Iterator[Try]:
    """Everybody of our school, asking for the other's things."""
    for method in METHODS:
        for caller in _callers(ours):
            match cover:
                case Api():
                    yield from _ApiTries(route, cover, method, caller).attacks(theirs)
                case Page():
                    yield from _PageTries(route, cover, method, caller).attacks(theirs)
                case Open():
                    yield _open_try(route, cover, caller, method, theirs)


def own_uses(route: Route, cover: Cover, ours: ProbeSchool, theirs: ProbeSchool) -> Iterator[Try]:
    """Everybody of our school, asking for its own things; reading also while naming the other everywhere else.

    In the query of an API address that is a parameter it does not have: the request is refused.
    """
    for method in METHODS:
        for caller in _callers(ours):
            match cover:
                case Api():
                    yield from _ApiTries(route, cover, method, caller).own_uses(theirs)
                case Page():
                    yield from _PageTries(route, cover, method, caller).own_uses(theirs)
                case Open():
                    yield _open_try(route, cover, caller, method, None)


def _callers(school: ProbeSchool) -> list[Caller]:
    return [Caller(school, None), *(Caller(school, role) for role in school.tokens)]


@dataclass(frozen=True)
class _ApiTries:
    """The requests of one caller with one method to an API address."""

    route: Route
    cover: Api
    method: str
    caller: Caller

    @property
    def offer(self) -> Offer | None:
        """What the address offers under the method; HEAD is GET's."""
        return self.cover.offers.get("GET" if self.method == "HEAD" else self.method)

    def own_uses(self, theirs: ProbeSchool) -> Iterator[Try]:
        ours, expected = self.caller.school, self._expected(ALLOWED)
        yield self._try(ours.ids, OWN, expected, insider=ours)
        for query in self.offer.queries if self.offer else ():
            yield self._try(ours.ids, OWN, expected, insider=ours, query=query)
        if self.method in _READS:
            yield self._try(ours.ids, OWN_NAMED, expected, insider=ours, other=theirs)
            naming = f"school_id={theirs.school_id}"
            yield self._try(ours.ids, OWN_QUERY_NAMED, self._expected(REFUSED), insider=ours, query=naming)

    def attacks(self, theirs: ProbeSchool) -> Iterator[Try]:
        offer, ours, refused = self.offer or _NO_OFFER, self.caller.school.ids, self._expected(NOT_FOUND)
        names = [offer.ids.get(name, name) for name in self.route.parameters]
        swaps = [[name] for name in names] + ([names] if len(names) > 1 else [])
        for swap in swaps:
            yield self._try(_swapped(ours, theirs, swap), FOREIGN, refused, insider=theirs)
        if names:
            yield self._try(_swapped(ours, theirs, names), FOREIGN_NAMED, refused, insider=theirs, other=theirs)
        for name in offer.body_ids:
            expected = self._expected(offer.foreign_body)
            yield self._try(_swapped(ours, theirs, [name]), FOREIGN_BODY, expected, insider=self.caller.school)
        for query in filter(None, (offer.query, *offer.queries)):
            ids = _swapped(ours, theirs, _FIELD.findall(query))
            yield self._try(ids, FOREIGN_QUERY, HARMLESS, insider=theirs, query=query)
            if names:
                yield self._try(_swapped(ours, theirs, names), FOREIGN, refused, insider=theirs, query=query)

    def _expected(self, granted: str) -> str:
        if self.caller.role is None:
            return SIGN_IN
        if self.offer is None:
            return NOT_OFFERED
        if self.caller.role in self.offer.not_now and granted != NOT_FOUND:
            return FORBIDDEN
        return granted if self.caller.role in self.offer.roles else FORBIDDEN

    def _try(
        self,
        ids: Mapping[str, str],
        target: str,
        expected: str,
        *,
        insider: ProbeSchool,
        other: ProbeSchool | None = None,
        query: str = "",
    ) -> Try:
        offer = self.offer or _NO_OFFER
        ids = dict(ids) | {name: ids[own] for name, own in offer.ids.items()}
        ask = Ask(
            method=self.method,
            path=self.route.template.format(**ids),
            body=offer.body(ids) if offer.body else None,
            headers={"If-Match": _current_etag(offer.etag_of.format(**ids), insider)} if offer.etag_of else {},
            query="&".join(filter(None, dict.fromkeys((offer.query, query)))).format(**ids),
            other=other,
            named_in_query=False,
        )
        return Try(self.caller, ask, target, expected, offer.also)


def _swapped(ours: Mapping[str, str], theirs: ProbeSchool, names: list[str]) -> dict[str, str]:
    return dict(ours) | {name: theirs.ids[name] for name in names}


def _current_etag(path: str, insider: ProbeSchool) -> str:
    """The version that an administrator of the ids' school would name: a foreign ETag for whoever is not of it."""
    return ask_api(Caller(insider, Role.SCHOOL_ADMIN), Ask("GET", path)).etag or '"1"'


@dataclass(frozen=True)
class _PageTries:
    """The requests of one caller with one method to a console address."""

    route: Route
    cover: Page
    method: str
    caller: Caller

    def own_uses(self, theirs: ProbeSchool) -> Iterator[Try]:
        ids = self.caller.school.ids
        yield self._try(ids, OWN, self._expected(self.cover.own))
        if self.method in _READS:
            yield self._try(ids, OWN_NAMED, self._expected(self.cover.named or self.cover.own), other=theirs)

    def attacks(self, theirs: ProbeSchool) -> Iterator[Try]:
        granted = self.cover.foreign if self.cover.ids else self.cover.own
        target = FOREIGN if self.cover.ids or "{" in self.cover.path else OWN_NAMED
        yield self._try(theirs.ids, target, self._expected(granted))
        if self.method in _READS:
            yield self._try(theirs.ids, FOREIGN_NAMED, self._expected(self.cover.named or granted), other=theirs)
        for query in self.cover.queries:
            yield self._try(theirs.ids, FOREIGN_QUERY, HARMLESS, query=query.format(**theirs.ids))

    def _expected(self, granted: str) -> str:
        if self.method not in _READS:
            return HARMLESS
        if self.caller.role not in self.caller.school.consoles:
            return self.cover.anonymous
        return granted if self.caller.role in self.cover.roles else self.cover.others

    def _try(
        self, ids: Mapping[str, str], target: str, expected: str, *, other: ProbeSchool | None = None, query: str = ""
    ) -> Try:
        quoted = {name: path_id(value) for name, value in ids.items()}
        named = {name: quoted[id_name] for name, id_name in self.cover.ids.items()}
        path = (self.cover.path or self.route.template).format(**quoted | named)
        return Try(self.caller, Ask(self.method, path, query=query, other=other), target, expected)


def _open_try(route: Route, cover: Open, caller: Caller, method: str, other: ProbeSchool | None) -> Try:
    expected = str(cover.statuses.get(method, cover.default))
    path = cover.path or route.template
    ask = Ask(method, path, other=other, named_in_query=not path.startswith("/api/"))  # refused there, as unknown
    return Try(caller, ask, OWN_NAMED if other else OWN, expected)
