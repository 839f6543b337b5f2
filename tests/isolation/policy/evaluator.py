"""The decision itself: explicit deny, else allow, else implicit deny ("Policy evaluation logic", IAM user guide).

Only what Libreta's template uses is known; anything else raises, so that a policy can never be read more narrowly than
AWS would: a ``NotAction`` or an operator nobody taught this module stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.isolation.policy.matching import Token, Wild, matches, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Values = tuple[str, ...]
Document = Mapping[str, Any]
_STATEMENT = {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
_VERSION = "2012-10-17"
_WILD = {"*", "?"}


class Decision(StrEnum):
    """How a request ends."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "implicitly denied"
    FORBIDDEN = "explicitly denied"


class UnknownElementError(ValueError):
    """The policy says something this evaluator was not taught; reading on could mean reading it wrongly."""


@dataclass(frozen=True)
class Request:
    """An action on a resource in a context. Names of context keys are compared without regard to case."""

    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)

    def values(self, key: str) -> Values:
        """The key's values; none when it is absent, and none when empty text is all it holds."""
        found: Values = next((v for name, v in self.context.items() if name.lower() == key.lower()), ())
        return found if any(found) else ()

    def single(self, key: str) -> str | None:
        """The value a policy variable stands for, when there is exactly one."""
        values = self.values(key)
        return values[0] if len(values) == 1 else None


def decide(documents: Iterable[Document], request: Request, principal: str | None = None) -> Decision:
    """The decision of these policies together. With ``principal`` they are trust policies, and name whom they mean.

    Raises:
        UnknownElementError: a policy holds what is not known here.
    """
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _statements(document)
        if _applies(statement, request, principal)
    }
    if "Deny" in effects:
        return Decision.FORBIDDEN
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def _statements(document: Document) -> list[dict[str, Any]]:
    if document.get("Version") != _VERSION or set(document) - {"Version", "Statement", "Id"}:
        raise UnknownElementError(f"a document with {sorted(document)} of version {document.get('Version')}")
    found = _listed(document["Statement"])
    for statement in found:
        unknown = set(statement) - _STATEMENT
        if unknown or statement.get("Effect") not in ("Allow", "Deny"):
            raise UnknownElementError(f"{statement.get('Sid', 'a statement')}: {sorted(unknown) or 'its Effect'}")
    return found


def _applies(statement: dict[str, Any], request: Request, principal: str | None) -> bool:
    if principal is not None and not _names(statement.get("Principal"), principal):
        return False
    if not any(_is_action(pattern, request.action) for pattern in _listed(statement["Action"])):
        return False
    resources = _listed(statement["Resource"]) if "Resource" in statement or principal is None else ["*"]
    if not any(_fits(resource, request.resource, request) for resource in resources):
        return False
    conditions = statement.get("Condition", {}).items()
    return all(_holds(operator, key, wanted, request) for operator, keys in conditions for key, wanted in keys.items())


def _names(element: Any, principal: str) -> bool:
    """A trust policy's principal: whole ARNs or service names, no wildcards but the lone one."""
    if element == "*":
        return True
    if not isinstance(element, Mapping) or set(element) - {"AWS", "Service"}:
        raise UnknownElementError(f"principal {element}")
    return any(name in (principal, "*") for names in element.values() for name in _listed(names))


@cache
def _is_action(pattern: str, action: str) -> bool:
    """Names of actions are compared without regard to case, and have no policy variables."""
    if "$" in pattern:
        raise UnknownElementError(f"action {pattern}")
    return _fits_whoever_asks(pattern.lower(), action.lower())


def _fits(pattern: str, text: str, request: Request) -> bool:
    if "$" not in pattern:
        return _fits_whoever_asks(pattern, text)
    tokens = parse(pattern, request.single)
    return tokens is not None and matches(tokens, text)


@cache
def _fits_whoever_asks(pattern: str, text: str) -> bool:
    """Without a policy variable the request does not matter, and the same is asked many times."""
    if not _WILD & set(pattern):
        return pattern == text
    tokens = parse(pattern, lambda _key: None)
    return tokens is not None and matches(tokens, text)


def _holds(operator: str, key: str, wanted: Any, request: Request) -> bool:
    quantifier, _, base = operator.rpartition(":")
    patterns, actual = _listed(wanted), request.values(key)
    if base == "Null" and not quantifier:
        return str(patterns[0]).lower() == ("false" if actual else "true")
    try:
        is_one = _OPERATORS[base]
    except KeyError:
        raise UnknownElementError(f"condition operator {operator}") from None
    match quantifier:
        case "ForAllValues":
            return all(is_one(value, patterns, request) for value in actual)
        case "ForAnyValue":
            return any(is_one(value, patterns, request) for value in actual)
        case "" if len(actual) > 1:
            raise UnknownElementError(f"{operator} on {key}, which has several values")
        case "":
            return is_one(actual[0], patterns, request) if actual else base in _NEGATED
        case _:
            raise UnknownElementError(f"condition operator {operator}")


def _like(value: str, patterns: list[str], request: Request) -> bool:
    return any(_fits(pattern, value, request) for pattern in patterns)


def _equals(value: str, patterns: list[str], request: Request) -> bool:
    parsed = (parse(pattern, request.single) for pattern in patterns)
    return any(tokens is not None and _text(tokens) == value for tokens in parsed)


def _unlike(value: str, patterns: list[str], request: Request) -> bool:
    return not _like(value, patterns, request)


def _bool(value: str, patterns: list[str], _request: Request) -> bool:
    return value.lower() in {str(pattern).lower() for pattern in patterns}


def _text(tokens: Sequence[Token]) -> str:
    """A pattern of an operator that knows no wildcards."""
    return "".join(token.value if isinstance(token, Wild) else token for token in tokens)


_OPERATORS: dict[str, Callable[[str, list[str], Request], bool]] = {
    "StringLike": _like,
    "StringNotLike": _unlike,
    "StringEquals": _equals,
    "Bool": _bool,
}
_NEGATED = frozenset({"StringNotLike"})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
