"""An expression's grammar is checked once, not again for every item that it is evaluated on.

Stock ministack goes through the text of a condition twice for each of a transaction's actions, a hundred times the same
text for a hundred events. What it finds depends on the text and on the parameter's name alone.
"""

from functools import lru_cache

from deploy.emulator.extension import patching

_KEPT = 1024


def _once(original: patching.AnyFunction) -> patching.AnyFunction:
    check: patching.AnyFunction = lru_cache(_KEPT)(original)
    return check


def install() -> None:
    """Remember what was found in an expression."""
    patching.replace(patching.service("dynamodb"), "_condition_syntax_error", "expr slot", _once)
