"""The template as it is sent. CloudFormation takes 51,200 bytes in a call; our layout and comments are not for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

TEMPLATE_PATH: Final = Path(__file__).resolve().parents[1] / "data-plane.yaml"
MAX_BYTES: Final = 51_200  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_ONE_LINE: Final = 10**9


@dataclass(frozen=True)
class _ShortForm:
    """A value under a tag of CloudFormation's: ``!Sub x``, which in its long form takes twelve bytes more."""

    tag: str
    value: Any


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags kept."""


class _Dumper(yaml.SafeDumper):
    """The same on the way out, and nothing said by reference: CloudFormation knows no aliases."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _read(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> _ShortForm:
    match node:
        case yaml.ScalarNode():
            return _ShortForm(f"!{suffix}", loader.construct_scalar(node))
        case yaml.SequenceNode():
            return _ShortForm(f"!{suffix}", loader.construct_sequence(node, deep=True))
        case yaml.MappingNode():
            return _ShortForm(f"!{suffix}", loader.construct_mapping(node, deep=True))
        case _:
            raise yaml.constructor.ConstructorError(problem=f"!{suffix} of what?", problem_mark=node.start_mark)


def _write(dumper: yaml.SafeDumper, form: _ShortForm) -> yaml.Node:
    node = dumper.represent_data(form.value)
    node.tag = form.tag
    return node


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\n" in text else None)


_Loader.add_multi_constructor("!", _read)
_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(_ShortForm, _write)


def compact(template: str) -> str:
    """The same template, a line of YAML for each of its sections: all that CloudFormation acts on, in fewer bytes.

    It does not begin with a brace, or it would be taken for JSON.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    read = yaml.load(template, Loader=_Loader)  # noqa: S506 - a SafeLoader
    return "".join(f"{_one_line({name: section})[1:-1]}\n" for name, section in read.items())


def _one_line(value: object) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=_ONE_LINE, allow_unicode=True, sort_keys=False
    )
    return text.rstrip()
