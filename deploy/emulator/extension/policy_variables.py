"""Policy variables such as ``${aws:PrincipalTag/school_id}``, which stock ministack leaves as they are written.

The rules are AWS's ("IAM policy elements: Variables and tags"): variables stand in Resource and in the values of string
and ARN conditions, need policy version 2012-10-17, may have a default (``${key, 'default'}``), and ``${*}``, ``${?}``,
``${$}`` are the characters themselves. A variable without a value never matches. What AWS leaves open is decided the
narrow way: a ``*`` or ``?`` inside a variable's value is only itself, never a wildcard.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from deploy.emulator.extension import patching

# Private code points stand for characters that must not be read as wildcard or variable any more.
_LITERAL = {"*": "\ue000", "?": "\ue001", "$": "\ue002"}
_FROM_LITERAL = {code: character for character, code in _LITERAL.items()}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_VERSION = "2012-10-17"
_DOCUMENTS = 1_000  # that are remembered as they were read
_WILDCARD_OPERATORS = frozenset({"stringlike", "stringnotlike", "arnlike", "arnnotlike", "arnequals", "arnnotequals"})
_EXACT_OPERATORS = frozenset({"stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase"})


def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - ministack's signature
    """The whole-string match of an IAM pattern.

    Unlike the function it replaces, the end is the end (no newline may follow) and ``*`` spans lines.
    """
    parts = {"*": ".*", "?": "."}
    body = "".join(parts.get(char) or re.escape(_FROM_LITERAL.get(char, char)) for char in pattern)
    return re.compile(rf"\A{body}\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def literal(text: str) -> str:
    """``text`` as a pattern that matches only itself."""
    return "".join(_LITERAL.get(char, char) for char in text)


def plain(pattern: str) -> str:
    """The characters of a pattern in which ``literal`` hid some; for comparisons that know no wildcards."""
    return "".join(_FROM_LITERAL.get(char, char) for char in pattern)


def resolve(text: str, ctx: Any) -> str | None:
    """``text`` with its variables replaced, as a pattern; None when a variable has no single value."""
    unresolved = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal unresolved
        value = _lookup(match.group(1), ctx)
        unresolved = unresolved or value is None
        return literal(value or "")

    resolved = _VARIABLE.sub(value_of, text)
    return None if unresolved else resolved


def _lookup(variable: str, ctx: Any) -> str | None:
    if variable in _LITERAL:
        return variable
    name, comma, default = variable.partition(",")
    value = patching.core("iam_evaluator")._resolve_condition_key(name.strip(), ctx)
    if isinstance(value, str):
        return value
    quoted = default.strip()
    is_default = comma and len(quoted) > 1 and quoted[0] == quoted[-1] == "'"
    return quoted[1:-1] if is_default else None


def resolve_all(texts: Iterable[str], ctx: Any) -> tuple[list[str], bool]:
    """The resolved patterns among ``texts``, and whether any could not be resolved."""
    resolved = [resolve(text, ctx) for text in texts]
    return [text for text in resolved if text is not None], None in resolved


def _base_operator(operator: str) -> str:
    return operator.lower().rpartition(":")[2].removesuffix("ifexists")


def _conditions_met(original: patching.AnyFunction) -> patching.AnyFunction:
    negated = patching.core("iam_evaluator")._NEGATED_OPS

    def conditions_met(conditions: dict[str, Any], ctx: Any) -> bool:
        substituted: dict[str, dict[str, Any]] = {}
        for operator, block in (conditions or {}).items():
            base = _base_operator(operator)
            if not isinstance(block, dict) or base not in _WILDCARD_OPERATORS | _EXACT_OPERATORS:
                substituted[operator] = block
                continue
            substituted[operator] = {}
            for key, expected in block.items():
                values = [str(value) for value in (expected if isinstance(expected, list) else [expected])]
                patterns, unresolved = resolve_all(values, ctx)
                if unresolved and (base in negated or not patterns):
                    return False
                exact = base in _EXACT_OPERATORS
                substituted[operator][key] = [plain(item) for item in patterns] if exact else patterns
        return bool(original(substituted, ctx))

    return conditions_met


def _first_match(_original: patching.AnyFunction) -> patching.AnyFunction:
    evaluator = patching.core("iam_evaluator")

    def applies(ctx: Any, statement: Any) -> bool:
        if not evaluator._action_matches(ctx.action, statement.actions, statement.not_actions):
            return False
        resources, unresolved = resolve_all(statement.resources, ctx)
        not_resources, not_unresolved = resolve_all(statement.not_resources, ctx)
        if not_unresolved or (unresolved and not resources):
            return False
        return bool(
            evaluator._resource_matches(ctx.resource_arn, resources, not_resources)
            and evaluator._conditions_met(statement.conditions, ctx)
        )

    def first_match(ctx: Any, stmts: list[Any], effect: str) -> Any:
        return next((item for item in stmts if item.effect == effect and applies(ctx, item)), None)

    return first_match


def _fnmatch_compile(_original: patching.AnyFunction) -> patching.AnyFunction:
    cache: dict[tuple[str, bool], re.Pattern[str]] = patching.core("iam_evaluator")._FNMATCH_CACHE

    def fnmatch_compile(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - ministack's signature
        key = (pattern, ignore_case)
        if key not in cache:
            if len(cache) > 4096:  # noqa: PLR2004 - ministack's own bound on this cache
                cache.clear()
            cache[key] = compile_pattern(pattern, ignore_case)
        return cache[key]

    return fnmatch_compile


def _knows_variables(doc: Any) -> bool:
    """Whether a document's version has variables; ministack passes a resource policy's statements on without one."""
    if isinstance(doc, str):
        return _VARIABLE_VERSION in doc
    return isinstance(doc, dict) and (doc.get("Version") == _VARIABLE_VERSION or doc.keys() == {"Statement"})


def _parse_policy_document(original: patching.AnyFunction) -> patching.AnyFunction:
    """Before 2012-10-17 a ``${`` was just text: hide it from the substitution."""

    def hide(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("${", _LITERAL["$"] + "{")
        if isinstance(value, list):
            return [hide(item) for item in value]
        if isinstance(value, dict):
            return {key: hide(item) for key, item in value.items()}
        return value

    def parse(doc: Any) -> Any:
        statements = original(doc)
        if not _knows_variables(doc):
            for statement in statements:
                statement.resources = hide(statement.resources)
                statement.not_resources = hide(statement.not_resources)
                statement.conditions = hide(statement.conditions)
        return statements

    parse_text = lru_cache(maxsize=_DOCUMENTS)(parse)  # each request is judged by the same few

    def parse_policy_document(doc: Any) -> Any:
        return list(parse_text(doc)) if isinstance(doc, str) else parse(doc)

    return parse_policy_document


def install() -> None:
    """Give ministack's evaluator policy variables and exact pattern matching."""
    evaluator = patching.core("iam_evaluator")
    patching.require(evaluator, "_resolve_condition_key", "key ctx")
    patching.require(evaluator, "_action_matches", "request_action actions not_actions")
    patching.require(evaluator, "_resource_matches", "resource_arn resources not_resources")
    patching.require_attribute(evaluator, "_NEGATED_OPS", frozenset)
    patching.require_attribute(evaluator, "_FNMATCH_CACHE", dict)
    patching.replace(evaluator, "_fnmatch_compile", "pattern ignore_case", _fnmatch_compile)
    patching.replace(evaluator, "_conditions_met", "conditions ctx", _conditions_met)
    patching.replace(evaluator, "_first_match", "ctx stmts effect", _first_match)
    patching.replace(evaluator, "parse_policy_document", "doc", _parse_policy_document)
