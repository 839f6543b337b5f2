"""What the template's text allows to whom: the second opinion on every cell, for the emulator's form and for AWS's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from tests.isolation.policy.evaluator import Decision, Document, Request, Values, decide
from tests.isolation.policy.template import Template
from tests.isolation.sections import ALLOWED, DENIED

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPES = ("tenant", "platform", "console", "lake")
TAGGED = ("tenant", "lake")  # sessions of one school
SERVICES = ("web", "worker", "operator")
DELIVERY = ("firehose", "pipe", "events api")
_ROLES = {"firehose": "FirehoseRole", "pipe": "PipeRole", "events api": "EventsApiRole"}
_ROLES |= {name: f"{name.capitalize()}Role" for name in SCOPES}


@dataclass(frozen=True)
class Access:
    """One thing IAM is asked for: an action on a resource, and what the request itself puts into the context."""

    action: str
    resource: str
    context: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True)
class Caller:
    """Who asks: a principal of the template by its short name, and a tenant's school."""

    name: str
    school_id: str | None = None

    def context(self) -> dict[str, Values]:
        """What the caller's session puts into the context."""
        return {"aws:PrincipalTag/school_id": (self.school_id,)} if self.school_id else {}


@dataclass(frozen=True)
class Law:
    """The policies of one template text."""

    text: str
    extra: Mapping[str, Values] = field(default_factory=lambda: {"aws:SecureTransport": ("true",)})

    @cached_property
    def forms(self) -> tuple[Template, Template]:
        """The text as the emulator has it, and as AWS has it."""
        return Template(self.text, local=True), Template(self.text, local=False)

    def verdict(self, caller: Caller, accesses: Iterable[Access]) -> str:
        """``allowed`` when every access is, ``denied`` when one is not.

        Should the two forms of the template ever disagree, the verdict says so and fits no expectation.
        """
        asked = tuple(accesses)
        local, aws = (
            all(self._decisions(template, caller, access) is Decision.ALLOWED for access in asked)
            for template in self.forms
        )
        if local is not aws:
            return f"{_word(local)} to users, {_word(aws)} to roles"
        return _word(local)

    def trust(self, role: str, caller: str, request: Request) -> Decision:
        """What a role's trust policy says to a service that asks for a session of it."""
        return self._trust(role, caller, request, self.forms[0])

    def _trust(self, role: str, caller: str, request: Request, template: Template) -> Decision:
        arn = template.arn(logical_name(template, caller))
        return decide([template.trust_policy(logical_name(template, role))], request, principal=arn)

    def _decisions(self, template: Template, caller: Caller, access: Access) -> Decision:
        return _decision(template, caller, access, tuple(self.extra.items()))


def logical_name(template: Template, principal: str) -> str:
    """The template's own name of a principal."""
    kind = "User" if template.local else "Role"
    return _ROLES.get(principal) or f"{principal.capitalize()}{kind}"


def _word(allowed: bool) -> str:  # noqa: FBT001 - the answer itself
    return ALLOWED if allowed else DENIED


@cache
def _identity(template: Template, principal: str) -> tuple[Document, ...]:
    return tuple(template.identity_policies(logical_name(template, principal)))


@cache
def _principal(template: Template, caller: str) -> str:
    return template.arn(logical_name(template, caller))


@cache
def _resource_policies(template: Template) -> dict[str, list[Document]]:
    protected = [*template.named("AWS::S3::Bucket"), *template.named("AWS::SQS::Queue")]
    return {template.arn(name): template.resource_policies(name) for name in protected}


@cache
def _decision(template: Template, caller: Caller, access: Access, extra: tuple[tuple[str, Values], ...]) -> Decision:
    """Identity policies and the resource's own together, as inside one account."""
    request = Request(access.action, access.resource, {**dict(extra), **caller.context(), **dict(access.context)})
    identity = decide(_identity(template, caller.name), request)
    at_resource = _resource_policies(template).get(access.resource.split("/")[0], [])
    resource = decide(at_resource, request, principal=_principal(template, caller.name))
    if Decision.FORBIDDEN in (identity, resource):
        return Decision.FORBIDDEN
    return Decision.ALLOWED if Decision.ALLOWED in (identity, resource) else Decision.NOT_ALLOWED
