"""Run something of ours after ministack created or updated a resource of a CloudFormation stack."""

# ruff: noqa: ANN401 - ministack's values have no types

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from deploy.emulator.errors import MinistackChangedError
from deploy.emulator.extension import patching

Properties: TypeAlias = dict[str, Any]
Hook: TypeAlias = Callable[[str, Properties, Properties], None]

_CREATE = ["logical_id", "props", "stack_name"]
_UPDATE = ["physical_id", "old_props", "new_props", "stack_name"]


def after(resource_type: str, hook: Hook) -> None:
    """Call ``hook(physical id, properties, properties before)`` after each create (before: empty) and update.

    What the hook raises fails the resource, as a refusal of AWS would.
    """
    handlers = patching.require_attribute(_provisioners(), "_RESOURCE_HANDLERS", dict)
    handler = handlers.get(resource_type)
    if not handler or not {"create", "update"} <= handler.keys():
        raise MinistackChangedError(f"ministack no longer creates and updates {resource_type}")
    create, update = handler["create"], handler["update"]
    _require_parameters(resource_type, create, _CREATE)
    _require_parameters(resource_type, update, _UPDATE)

    def create_then_hook(logical_id: str, props: Properties, stack_name: str) -> Any:
        created = create(logical_id, props, stack_name)
        hook(created[0], props, {})
        return created

    def update_then_hook(physical_id: str, old_props: Properties, new_props: Properties, *rest: Any) -> Any:
        updated = update(physical_id, old_props, new_props, *rest)
        hook(updated[0], new_props, old_props)
        return updated

    handlers[resource_type] = {**handler, "create": create_then_hook, "update": update_then_hook}


def replace(resource_type: str, **functions: Callable[..., Any]) -> None:
    """Put our functions in the place of a resource type's ``create``, ``update`` or ``delete``."""
    handlers = patching.require_attribute(_provisioners(), "_RESOURCE_HANDLERS", dict)
    if resource_type not in handlers:
        raise MinistackChangedError(f"ministack no longer knows {resource_type}")
    handlers[resource_type] = {**handlers[resource_type], **functions}


def is_true(value: Any) -> bool:
    """A template's boolean, which may come as text."""
    return value is True or str(value).lower() == "true"


def _provisioners() -> Any:
    return patching.service("cloudformation.provisioners")


def _require_parameters(resource_type: str, function: Callable[..., Any], expected: list[str]) -> None:
    found = list(inspect.signature(function).parameters)
    if found[: len(expected)] != expected or found[len(expected) :] not in ([], ["logical_id"]):
        raise MinistackChangedError(f"ministack's handler of {resource_type} takes {found}, not {expected}")
