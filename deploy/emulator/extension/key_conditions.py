"""The partition key a Query names, read from its key condition with ministack's own tokenizer.

Strict on purpose: whatever is not surely an equality on the partition key yields None, which the caller turns into a
denial. The result is compared with what ministack's Query will use, so that the two always read an expression alike.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

from collections.abc import Mapping
from typing import Any, TypeAlias

from deploy.emulator.extension import patching

Token: TypeAlias = tuple[str, str]
AttributeValue: TypeAlias = Mapping[str, Any]

_EQUALITY_LENGTH = 3


def from_expression(request: Mapping[str, Any], key_name: str) -> AttributeValue | None:
    """The value ``KeyConditionExpression`` demands of ``key_name``, or None when that is not certain."""
    expression = request.get("KeyConditionExpression")
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    if not isinstance(expression, str) or not isinstance(names, dict) or not isinstance(values, dict):
        return None
    tokens = _tokens(expression)
    if tokens is None:
        return None
    found = [ref for clause in _clauses(tokens) if (ref := _equality(clause, key_name, names)) is not None]
    value = values.get(found[0]) if len(found) == 1 else None
    return value if _agrees_with_ministack(request, key_name, value) else None


def from_legacy(request: Mapping[str, Any], key_name: str) -> AttributeValue | None:
    """The value legacy ``KeyConditions`` demand of ``key_name``, or None."""
    conditions = request.get("KeyConditions")
    condition = conditions.get(key_name) if isinstance(conditions, dict) else None
    if not isinstance(condition, dict) or condition.get("ComparisonOperator") != "EQ":
        return None
    values = condition.get("AttributeValueList")
    if not isinstance(values, list) or len(values) != 1 or not isinstance(values[0], dict):
        return None
    return values[0]


def _tokens(expression: str) -> list[Token] | None:
    """The tokens without the end mark; None when the tokenizer skipped a character."""
    tokens: list[Token] = [token for token in patching.service("dynamodb")._tokenize(expression) if token[0] != "EOF"]
    kept = "".join(text for _kind, text in tokens)
    return tokens if kept == "".join(expression.split()) else None


def _clauses(tokens: list[Token]) -> list[list[Token]]:
    """The conditions joined by AND, parentheses around the whole or around one removed."""
    tokens = _unwrap(tokens)
    clauses: list[list[Token]] = patching.service("dynamodb")._key_condition_clauses(tokens)
    if len(clauses) <= 1:
        return [tokens]
    return [inner for clause in clauses for inner in _clauses(clause)]


def _unwrap(tokens: list[Token]) -> list[Token]:
    while len(tokens) > 1 and tokens[0][0] == "LPAREN" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: list[Token]) -> int | None:
    """The index of the parenthesis that closes the first token's."""
    depth = 0
    for index, (kind, _text) in enumerate(tokens):
        depth += (kind == "LPAREN") - (kind == "RPAREN")
        if depth == 0:
            return index
    return None


def _equality(clause: list[Token], key_name: str, names: Mapping[str, Any]) -> str | None:
    """The value reference of ``key = :value`` or ``:value = key``."""
    if len(clause) != _EQUALITY_LENGTH or clause[1][0] != "EQ":
        return None
    left, right = clause[0], clause[2]
    if left[0] == "VALUE_REF":
        left, right = right, left
    attribute = names.get(left[1]) if left[0] == "NAME_REF" else left[1] if left[0] == "IDENT" else None
    return right[1] if right[0] == "VALUE_REF" and attribute == key_name else None


def _agrees_with_ministack(request: Mapping[str, Any], key_name: str, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    dynamodb = patching.service("dynamodb")
    used = dynamodb._extract_pk_from_condition(
        request["KeyConditionExpression"],
        request.get("ExpressionAttributeValues") or {},
        request.get("ExpressionAttributeNames") or {},
        key_name,
    )
    return bool(used == dynamodb._extract_key_val(value))
