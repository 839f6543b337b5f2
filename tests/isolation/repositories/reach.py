"""Calling every function of every repository in a school's scope, and looking at each key it asks DynamoDB for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError

from edu.aws.scoped_clients import scoped_client
from edu.dynamo.boundaries import is_own
from edu.dynamo.errors import AccessDeniedError
from edu.errors import LibretaError
from edu.tenancy import enter_school
from tests.isolation.operations.aims import OWN
from tests.isolation.repositories.samples import NoSampleError, arguments
from tests.isolation.sections import DENIED, Cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGES = (
    "evaluations.repository",
    "behavior.repository",
    "govsync.repository",
    "analytics.repository",
    "edu.audit",
    "edu.erasure.holds",
    "edu.erasure.records",
    "edu.idempotency",
    "edu.jobs.repository",
    "edu.schools",
    "edu.student_keys",
)
OWN_ONLY, NO_KEY = "own partitions only", "names no key"
_PARTITION = re.compile(r"(?:SCHOOL|PLATFORM)#[^'\"]*")


def modules() -> list[ModuleType]:
    """Every module that holds repository functions; those of packages found by walking them."""
    found = []
    for name in PACKAGES:
        module = importlib.import_module(name)
        found.append(module)
        inner = pkgutil.walk_packages(getattr(module, "__path__", []), f"{name}.")
        found += [importlib.import_module(one.name) for one in inner]
    return found


def functions() -> list[tuple[str, Any]]:
    """Each public function once, where it is defined."""
    return [
        (f"{module.__name__}.{name}", member)
        for module in modules()
        for name, member in sorted(vars(module).items())
        if inspect.isfunction(member) and member.__module__ == module.__name__ and not name.startswith("_")
    ]


def attack() -> Iterator[Cell]:
    """One cell for each function."""
    with _watched() as seen:
        for name, function in functions():
            yield _cell(name, function, seen)


def _cell(name: str, function: Any, seen: list[tuple[str, bool]]) -> Cell:
    module, _, short = name.rpartition(".")
    seen.clear()
    try:
        asked = arguments(function)
    except NoSampleError as error:
        return Cell(module, short, "own school", OWN_ONLY, f"no cover: {error}")
    with enter_school(OWN):
        failure, result = _call(function, asked)
        for value in (*asked.values(), result):  # a transaction is given or made, and not committed here
            _note(seen, getattr(value, "_actions", None))
    return Cell(module, short, "own school", *_ending(failure, seen))


def _ending(failure: Exception | None, seen: list[tuple[str, bool]]) -> tuple[str, str, str]:
    if isinstance(failure, AccessDeniedError):
        return OWN_ONLY, DENIED, str(failure)
    foreign = [partition for partition, own in seen if not own]
    if foreign:
        return OWN_ONLY, "another's partition", foreign[0]
    # a made-up item that does not fit its class is an answer: what matters is which keys were named before
    if failure is not None and not isinstance(failure, (LibretaError, ValidationError)):
        return OWN_ONLY, f"no cover: {type(failure).__name__}", str(failure)
    return (OWN_ONLY, OWN_ONLY, "") if seen else (NO_KEY, NO_KEY, "")


def _call(function: Any, asked: dict[str, Any]) -> tuple[Exception | None, Any]:
    """Call it; what it raises is an answer too."""
    try:
        result = function(**asked)
        if isinstance(result, AbstractContextManager):
            with result:
                pass
        elif inspect.isgenerator(result):
            list(result)
    except Exception as error:  # noqa: BLE001 - judged by the caller
        return error, None
    return None, result


@contextmanager
def _watched() -> Iterator[list[tuple[str, bool]]]:
    """Every partition named in a request to DynamoDB, and whether it is of the scope in force just then."""
    seen: list[tuple[str, bool]] = []

    def note(params: Any, **_kwargs: Any) -> None:
        _note(seen, params)

    events = scoped_client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb", note)
    try:
        yield seen
    finally:
        with suppress(ValueError):
            events.unregister("provide-client-params.dynamodb", note)


def _note(seen: list[tuple[str, bool]], params: Any) -> None:
    seen += [(partition, is_own(partition)) for partition in _PARTITION.findall(repr(params))]
