"""STS: who may get a session of which role, with what tags; and that no request widens what a session may do."""

from __future__ import annotations

import unicodedata
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edu.aws.clients import service_client
from edu.aws.credentials import assume_role
from edu.tenancy import InvalidSchoolIdError, Scope, ScopeKind, check_school_id
from tests.isolation.actors import Actor, everybody, of_scope, of_service, verdict
from tests.isolation.operations.aims import OTHER, OWN
from tests.isolation.operations.matrix import deployed_text
from tests.isolation.policy.evaluator import Decision, Request, Values
from tests.isolation.policy.law import TAGGED, Access, Law
from tests.isolation.sections import ALLOWED, DENIED, REFUSED, Cell, Hole, Section, replaced
from tests.support.cloud import Cloud, acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROLES = {"tenant": "TenantRoleArn", "platform": "PlatformRoleArn", "console": "ConsoleRoleArn", "lake": "LakeRoleArn"}
_BEHIND = {"tenant", "platform", "lake"}
_MAY_ASSUME = {"web": {"tenant", "console"}, "worker": _BEHIND, "operator": _BEHIND}
_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
TAG_VALUES = {
    "well-formed": OWN,
    "shortest": "ab",
    "digit first": "1a",
    "longest, 31 characters": "a" + "b" * 30,
    "32 characters": "a" + "b" * 31,
    "one character": "a",
    "empty": "",
    "upper case first": "School-1",
    "upper case last": "school-A",
    "wildcard *": "*",
    "wildcard * at the end": "school-*",
    "wildcard ?": "school-?",
    "hash": "school-1#STUDENT",
    "another after #": f"{OWN}#SCHOOL#{OTHER}",
    "space": "school 1",
    "leading space": f" {OWN}",
    "trailing space": f"{OWN} ",
    "leading dash": "-school",
    "underscore": "school_1",
    "dot": "school.1",
    "colon": "school:1",
    "slash": "school/../other",
    "equals": "school=1",
    "plus": "school+1",
    "at": "school@1",
    "comma": "school,1",
    "policy variable": "${aws:userid}",
    "line end": f"{OWN}\n",
    "NUL": f"{OWN}\x00",
    "accented first": "\u00f1andu",
    "accented inside": "escuel\u00e1",
    "Cyrillic inside": "s\u0441hool-1",
    "fullwidth digit": "school-\uff11",
    "no-break space": "school\u00a01",
}
_BEYOND = (
    "IAM's wildcards cannot say `[a-z0-9-]` beyond ASCII: a tag with another letter inside gets a "
    "session. It is one of a school that nobody has: no stored partition begins so, and `check_school_id` "
    "lets no such id in. Cells named *beyond IAM's wildcards* hold that, and that such a session reads "
    "nothing of the school it looks like."
)
_TAG_SIGNS = "_.:/=+-@"


@dataclass(frozen=True)
class Ask:
    """One AssumeRole request."""

    role: str
    tags: tuple[tuple[str, str], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    def request(self, cloud: Cloud) -> dict[str, Any]:
        """Its arguments."""
        arguments = {"RoleArn": cloud.outputs[_ROLES[self.role]], "RoleSessionName": "isolation"}
        tags = [{"Key": key, "Value": value} for key, value in self.tags]
        return arguments | ({"Tags": tags} if tags else {}) | self.extra

    def context(self) -> dict[str, Values]:
        """What it puts into the context of the trust policy."""
        keys: Values = tuple(key for key, _ in self.tags)
        found: dict[str, Values] = {f"aws:RequestTag/{key}": (value,) for key, value in self.tags}
        if "SourceIdentity" in self.extra:
            found["sts:SourceIdentity"] = (self.extra["SourceIdentity"],)
        return found | ({"aws:TagKeys": keys} if keys else {})


def run(cloud: Cloud) -> Section:
    """Ask STS everything that could give somebody more than their own."""
    law = Law(deployed_text(cloud))
    actors = everybody(cloud, OWN)
    cells = [
        *_who_assumes_what(cloud, law, actors),
        *_tag_values(cloud, law),
        *_odd_requests(cloud, law),
        *_what_sessions_may(cloud, law),
        *_our_own_requests(cloud),
    ]
    return Section(
        name="sessions",
        title="STS: sessions and their tags",
        intro=(
            "AssumeRole asked by every principal for every role, with every kind of tag, of the emulator and of the "
            "evaluator (the trust policy alone, as on AWS, where it is enough that it names the caller)."
        ),
        cells=tuple(cells),
        remarks=(
            _BEYOND,
            "A tag that is marked transitive is accepted and leads nowhere: no role of ours trusts a tenant session.",
        ),
    )


def _who_assumes_what(cloud: Cloud, law: Law, actors: list[Actor]) -> Iterator[Cell]:
    for actor in actors:
        for role in _ROLES:
            for school in (OWN, OTHER) if role in TAGGED else ("",):
                ask = Ask(role, (("school_id", school),) if school else ())
                expected = ALLOWED if role in _MAY_ASSUME.get(actor.name, set()) else DENIED
                label = f"{role} for {'its own' if school == OWN else 'another'} school" if school else role
                yield _cell(cloud, law, actor, ask, ("AssumeRole", label, expected))


def _tag_values(cloud: Cloud, law: Law) -> Iterator[Cell]:
    for role, service in {"tenant": of_service(cloud, "web"), "lake": of_service(cloud, "worker")}.items():
        for name, value in TAG_VALUES.items():
            label = f"{role}, tag: {name}" + (" (beyond IAM's wildcards)" if _is_beyond_wildcards(value) else "")
            place = ("AssumeRole", label, _expected_of_tag(value))
            yield _cell(cloud, law, service, Ask(role, (("school_id", value),)), place)


def _expected_of_tag(value: str) -> str:
    if not is_tag_text(value):
        return REFUSED
    return ALLOWED if _is_school_id(value) or _is_beyond_wildcards(value) else DENIED


def is_tag_text(value: str) -> bool:
    """STS's own rule: letters, separators, digits and a few signs, at most 256 (API reference, Tag)."""
    return len(value) <= 256 and all(c in _TAG_SIGNS or unicodedata.category(c)[0] in "LZN" for c in value)


def _is_school_id(value: str) -> bool:
    try:
        check_school_id(value)
    except InvalidSchoolIdError:
        return False
    return True


def _is_beyond_wildcards(value: str) -> bool:
    """Well-formed but for characters beyond ASCII after the first."""
    return (
        is_tag_text(value)
        and not value.isascii()
        and _is_school_id("".join(c if c.isascii() else "x" for c in value))
        and value[0].isascii()
    )


def _odd_requests(cloud: Cloud, law: Law) -> Iterator[Cell]:
    own, other = ("school_id", OWN), ("school_id", OTHER)
    odd: dict[str, tuple[str, Ask, str]] = {
        "no tag": ("web", Ask("tenant"), DENIED),
        "no tag, lake": ("worker", Ask("lake"), DENIED),
        "another tag beside, lake": ("worker", Ask("lake", (own, ("department", "x"))), DENIED),
        "source identity, lake": ("worker", Ask("lake", (own,), {"SourceIdentity": "somebody"}), DENIED),
        "another tag alone": ("web", Ask("tenant", (("department", "x"),)), DENIED),
        "another tag beside": ("web", Ask("tenant", (own, ("department", "x"))), DENIED),
        "tag's name in upper case": ("web", Ask("tenant", (("School_Id", OWN),)), DENIED),
        "tag transitive": ("web", Ask("tenant", (own,), {"TransitiveTagKeys": ["school_id"]}), ALLOWED),
        "source identity": ("web", Ask("tenant", (own,), {"SourceIdentity": "somebody"}), DENIED),
        "platform with a tag": ("worker", Ask("platform", (own,)), DENIED),
        "console with a tag": ("web", Ask("console", (own,)), DENIED),
        "two hours": ("web", Ask("tenant", (own,), {"DurationSeconds": 7200}), REFUSED),
        "session policy that allows everything": ("web", Ask("tenant", (own,), {"Policy": _EVERYTHING}), ALLOWED),
    }
    for label, (caller, ask, expected) in odd.items():
        yield _cell(cloud, law, of_service(cloud, caller), ask, ("AssumeRole", label, expected))
    chained = of_scope(cloud, "tenant", OWN, TransitiveTagKeys=["school_id"])
    for label, ask in {
        "chained from a transitive tag, tag given again": Ask("tenant", (other,)),
        "chained from a transitive tag, none given": Ask("tenant"),
        "chained from a transitive tag, platform": Ask("platform"),
        "chained from a transitive tag, lake": Ask("lake"),
    }.items():
        yield _cell(cloud, law, chained, ask, ("AssumeRole", label, DENIED))
    for actor in everybody(cloud, OWN):
        seen, said = verdict(lambda actor=actor: actor.client("sts").get_federation_token(Name="x", Policy=_EVERYTHING))  # type: ignore[misc]
        yield Cell("GetFederationToken", "any", actor.name, DENIED, DENIED if seen == REFUSED else seen, said)


def _cell(cloud: Cloud, law: Law, actor: Actor, ask: Ask, place: tuple[str, str, str]) -> Cell:
    row, label, expected = place
    seen, said = verdict(lambda: actor.client("sts").assume_role(**ask.request(cloud)))
    if seen == REFUSED and expected == DENIED and ask.extra.get("DurationSeconds") is None:
        seen = DENIED  # a chained tag given again is refused by STS before any policy is asked
    ruled = _ruled(law, actor, ask)
    said = "" if seen == ALLOWED else said  # not the keys themselves
    return Cell(
        row, label, actor.name, expected, seen if seen == ruled else f"emulator {seen}, evaluator {ruled}", said
    )


def _ruled(law: Law, actor: Actor, ask: Ask) -> str:
    """STS's own rules about the request, then the trust policy for each action the request needs."""
    if not all(is_tag_text(value) for _, value in ask.tags) or ask.extra.get("DurationSeconds", 0) > 3600:
        return REFUSED
    needed = ["sts:AssumeRole"]
    needed += ["sts:TagSession"] if ask.tags else []
    needed += ["sts:SetSourceIdentity"] if "SourceIdentity" in ask.extra else []
    decisions = {law.trust(ask.role, actor.name, Request(action, "*", ask.context())) for action in needed}
    return ALLOWED if decisions == {Decision.ALLOWED} else DENIED


def _what_sessions_may(cloud: Cloud, law: Law) -> Iterator[Cell]:
    """A session reads what its role may, whatever the request for it said."""
    sessions = {
        "with a session policy that allows everything": of_scope(cloud, "tenant", OWN, Policy=_EVERYTHING),
        "with a session policy that allows nothing": of_scope(cloud, "tenant", OWN, Policy=_NOTHING),
        "of a Cyrillic look-alike": of_scope(cloud, "tenant", TAG_VALUES["Cyrillic inside"]),
        "of a fullwidth look-alike": of_scope(cloud, "tenant", TAG_VALUES["fullwidth digit"]),
    }
    for label, actor in sessions.items():
        yield from _what_one_may(cloud, law, label, actor)


def _what_one_may(cloud: Cloud, law: Law, label: str, actor: Actor) -> Iterator[Cell]:
    table, arn = cloud.outputs["TableName"], law.forms[0].arn("Table")
    client = actor.client("dynamodb")
    for school in (OWN, OTHER):
        partition = f"SCHOOL#{school}"
        key = {"pk": {"S": partition}, "sk": {"S": "probe"}}
        seen, said = verdict(lambda key=key: client.get_item(TableName=table, Key=key))  # type: ignore[misc]
        access = Access("dynamodb:GetItem", arn, (("dynamodb:LeadingKeys", (partition,)),))
        expected = ALLOWED if school == OWN and "everything" in label else DENIED
        ruled = DENIED if "nothing" in label else law.verdict(actor.caller, [access])
        observed = seen if seen == ruled else f"emulator {seen}, evaluator {ruled}"
        yield Cell("GetItem by a session", label, partition, expected, observed, said)
    seen, said = verdict(lambda: client.scan(TableName=table))
    yield Cell("Scan by a session", label, "the table", DENIED, seen, said)


def _our_own_requests(cloud: Cloud) -> Iterator[Cell]:
    """What ``edu.aws.credentials`` asks STS for: the tag for a school's scope and nothing more for any."""
    asks = {
        Scope(ScopeKind.TENANT, OWN): ("web", [{"Key": "school_id", "Value": OWN}]),
        Scope(ScopeKind.PLATFORM): ("worker", None),
        Scope(ScopeKind.CONSOLE): ("web", None),
        Scope(ScopeKind.LAKE, OWN): ("worker", [{"Key": "school_id", "Value": OWN}]),
    }
    for scope, (service, tags) in asks.items():
        sent = _sent(scope, service)
        role = cloud.outputs[_ROLES[scope.kind]]
        fits = [(one.get("Tags"), one["RoleArn"]) for one in sent] == [(tags, role)]
        observed = ALLOWED if fits else "another request"
        yield Cell("edu.aws.credentials", "the scope's tag alone", str(scope.kind), ALLOWED, observed, str(sent))


def _sent(scope: Scope, service: str) -> list[dict[str, Any]]:
    """The AssumeRole requests our code makes for a scope."""
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_kwargs: Any) -> None:
        sent.append(params)

    with acting_as(service):
        events = service_client("sts").meta.events
        events.register("provide-client-params.sts.AssumeRole", note)
        try:
            assume_role(scope)
        finally:
            events.unregister("provide-client-params.sts.AssumeRole", note)
    return sent


HOLES = (
    Hole(
        name="any-tag-beside",
        says="the tenant role's trust policy takes other tags beside the school's",
        plant=lambda _cloud: nullcontext(),
        template=lambda text: replaced(
            text, '              "ForAllValues:StringEquals": {"aws:TagKeys": [school_id]}\n', ""
        ),
    ),
    Hole(
        name="tag-values-unchecked",
        says="the tenant role's trust policy no longer refuses what a school id cannot hold",
        plant=lambda _cloud: nullcontext(),
        template=lambda text: replaced(text, '"*_*", ', ""),
    ),
)
