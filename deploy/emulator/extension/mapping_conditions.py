"""API Gateway's mapping templates as far as stock ministack lacks them: ``#if``, strings' methods, a status put over.

Velocity 1.7 as API Gateway runs it: a directive that ends a line takes the line's end with it, and a comparison with
nothing is false, whichever it is. No parentheses in a condition.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import re
from typing import Any

from deploy.emulator.extension import patching

_IF = re.compile(r"#if[ \t]*\(")
_DIRECTIVE = re.compile(r"#(?:(?P<nested>if|elseif)[ \t]*\(|(?P<word>else|end)\b)")
_LINE_END = re.compile(r"[ \t]*(?:\r?\n)")
_COMPARISON = re.compile(r"(.+?)\s*(==|!=|>|<)\s*(.+)", re.DOTALL)
_STATUS = re.compile(r"\s*\$context\.responseOverride\.status\s*=(.*)", re.DOTALL)


def _render(original: patching.AnyFunction) -> patching.AnyFunction:
    def render(text: str, st: dict[str, Any]) -> str:
        found = _IF.search(text)
        if not found:
            return str(original(text, st))
        before = original(text[: found.start()], st)
        branches, end = _branches(text, found.start())
        chosen = next((body for condition, body in branches if condition is None or _holds(condition, st)), "")
        return f"{before}{render(chosen, st)}{render(text[end:], st)}"

    return render


def _branches(text: str, start: int) -> tuple[list[tuple[str | None, str]], int]:
    """The conditions of the ``#if`` at ``start`` with what stands under each (none: ``#else``), and where it ends.

    Raises ValueError for an ``#if`` without end, which API Gateway answers with 500.
    """
    branches: list[tuple[str | None, str]] = []
    depth, condition, body_from, at = 0, None, start, start
    while found := _DIRECTIVE.search(text, at):
        word = found["nested"] or found["word"]
        inner, at = None, found.end()
        if found["nested"]:
            close = patching.service("apigateway_v1")._vtl_close_paren(text, found.end() - 1)
            if close is None:
                break
            inner, at = text[found.end() : close], close + 1
        if line_end := _LINE_END.match(text, at):
            at = line_end.end()
        if word == "if":
            depth += 1
        elif depth == 1:
            branches.append((condition, text[body_from : found.start()]))
        if word == "end":
            depth -= 1
        if depth == 0:
            return branches, at
        if depth == 1 and word != "end":
            condition, body_from = inner, at
    raise ValueError("#if without #end")


def _holds(condition: str, st: dict[str, Any]) -> bool:
    return any(all(_compares(part, st) for part in either.split("&&")) for either in condition.split("||"))


def _compares(expression: str, st: dict[str, Any]) -> bool:
    value = patching.service("apigateway_v1")._vtl_value
    compared = _COMPARISON.fullmatch(expression.strip())
    if not compared:
        return value(expression, st) not in (None, False)
    left, right = value(compared[1], st), value(compared[3], st)
    if left is None or right is None:
        return False
    match compared[2]:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left < right)


def _walk(original: patching.AnyFunction) -> patching.AnyFunction:
    def walk(node: Any, steps: list[tuple[str, str | None]], st: dict[str, Any]) -> Any:
        if not (isinstance(node, str) and len(steps) == 1 and steps[0][1] is not None):
            return original(node, steps, st)
        name, arguments = steps[0]
        if name == "length":
            return len(node)
        if name == "contains":
            return str(patching.service("apigateway_v1")._vtl_value(arguments, st)) in node
        return None

    return walk


def _set(original: patching.AnyFunction) -> patching.AnyFunction:
    def assign(inner: str, st: dict[str, Any]) -> None:
        status = _STATUS.fullmatch(inner)
        if not status:
            original(inner, st)
        elif "responseOverride" in st["context"]:
            st["context"]["responseOverride"]["status"] = patching.service("apigateway_v1")._vtl_value(status[1], st)

    return assign


def _respond(original: patching.AnyFunction) -> patching.AnyFunction:
    def respond(  # noqa: PLR0917 - ministack's own parameters
        integration: Any, backend_status: int, backend_text: str, accept: str, request_params: Any, context: Any = None
    ) -> tuple[int, dict[str, str], bytes]:
        put_over: dict[str, int] = {}
        known = {**(context or {}), "responseOverride": put_over}
        status, headers, body = original(integration, backend_status, backend_text, accept, request_params, known)
        return put_over.get("status") or status, headers, body

    return respond


def install() -> None:
    """Add them. Before ``api_gateway``, whose functions take these for ministack's own."""
    gateway = patching.service("apigateway_v1")
    patching.require(gateway, "_vtl_close_paren", "text start")
    patching.require(gateway, "_vtl_value", "expr st")
    patching.replace(gateway, "_vtl_render", "text st", _render)
    patching.replace(gateway, "_vtl_walk", "node steps st", _walk)
    patching.replace(gateway, "_vtl_set", "inner st", _set)
    patching.replace(
        gateway,
        "_service_integration_response",
        "integration backend_status backend_text accept request_params context",
        _respond,
    )
