"""The template as it is sent. CloudFormation takes 51,200 bytes in a call; our layout and comments are not for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml

TEMPLATE_PATH: Final = Path(__file__).resolve().parents[1] / "data-plane.yaml"
MAX_BYTES: Final = 51_200  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, ``!Sub x`` for ``{"Fn::Sub": x}``."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            raise yaml.constructor.ConstructorError(problem=f"!{suffix} of what?", problem_mark=node.start_mark)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def compact(template: str) -> str:
    """The same template as one line of JSON: all that CloudFormation acts on, in fewer bytes.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return json.dumps(yaml.load(template, Loader=_Loader), ensure_ascii=False, separators=(",", ":"))  # noqa: S506 - a SafeLoader
