"""Replace ministack's functions, and refuse to when they are not the ones we know."""

# ruff: noqa: ANN401 - ministack's values have no types

import importlib
import inspect
from collections.abc import Callable
from importlib.metadata import version
from types import ModuleType
from typing import Any, TypeAlias

from deploy.emulator.errors import MinistackChangedError

MINISTACK_VERSION = "1.5.33"

AnyFunction: TypeAlias = Callable[..., Any]


def require_version() -> None:
    """Raise MinistackChangedError unless exactly the ministack we were written against is installed."""
    installed = version("ministack")
    if installed != MINISTACK_VERSION:
        message = f"ministack {installed} is installed, the extension fits {MINISTACK_VERSION}: check every patch"
        raise MinistackChangedError(message)


def service(name: str) -> ModuleType:
    """A ministack service module, such as ``dynamodb``."""
    return importlib.import_module(f"ministack.services.{name}")


def core(name: str) -> ModuleType:
    """A ministack core module, such as ``iam_evaluator``."""
    return importlib.import_module(f"ministack.core.{name}")


def application() -> ModuleType:
    """Ministack's ASGI application module."""
    return importlib.import_module("ministack.app")


def require(module: ModuleType, name: str, parameters: str) -> AnyFunction:
    """The function ``name`` of ``module``, which must take exactly ``parameters`` (names, blank-separated).

    Raises MinistackChangedError when it does not exist or takes others.
    """
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        raise MinistackChangedError(f"ministack has no function {module.__name__}.{name} any more")
    found = " ".join(inspect.signature(function).parameters)
    if found != parameters:
        message = f"ministack's {module.__name__}.{name} takes ({found}), the extension fits ({parameters})"
        raise MinistackChangedError(message)
    return function


def replace(module: ModuleType, name: str, parameters: str, make: Callable[[AnyFunction], AnyFunction]) -> None:
    """Put ``make(original)`` in the place of ``module.name``; the original is checked as by ``require``."""
    original = require(module, name, parameters)
    replacement = make(original)
    replacement.__wrapped__ = original  # type: ignore[attr-defined]  # for tests and for a reader in a debugger
    setattr(module, name, replacement)


def require_attribute(module: ModuleType, name: str, kind: type | tuple[type, ...]) -> Any:
    """The attribute ``name`` of ``module``, which must be of ``kind``; MinistackChangedError otherwise."""
    value = getattr(module, name, None)
    if not isinstance(value, kind):
        raise MinistackChangedError(f"ministack's {module.__name__}.{name} is not what the extension expects")
    return value
