"""Running the parts, as they are or with a hole planted."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.stack import deployment, template
from tests.isolation.parts import PARTS
from tests.isolation.sections import Hole, Section
from tests.support.cloud import ENV, Cloud, forget_sessions, running_cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Planted:
    """What came of a hole: red is what it must be. ``crashed``: the part broke down, which shows nothing."""

    hole: Hole
    part: str
    unexpected: tuple[str, ...]
    crashed: str = ""

    @property
    def is_red(self) -> bool:
        """Whether the part noticed."""
        return bool(self.unexpected) and not self.crashed


def short_name(part: str) -> str:
    """A part as the command line calls it."""
    return part.rpartition(".")[2]


def holes() -> dict[str, tuple[str, Hole]]:
    """Every hole by name, with its part."""
    found: dict[str, tuple[str, Hole]] = {}
    for part in PARTS:
        for hole in getattr(importlib.import_module(part), "HOLES", ()):
            if hole.name in found:
                raise ValueError(f"two holes are called {hole.name}")
            found[hole.name] = (part, hole)
    return found


def run_parts(cloud: Cloud, only: Iterable[str] = ()) -> list[Section]:
    """Every part's section. A part that breaks down is a section with that as its problem."""
    wanted = set(only)
    chosen = [part for part in PARTS if not wanted or short_name(part) in wanted]
    return [_run(part, importlib.import_module(part).run, cloud) for part in chosen]


def _run(part: str, run: Callable[[Cloud], Section], cloud: Cloud) -> Section:
    forget_sessions()
    try:
        section = run(cloud)
    except Exception as error:  # noqa: BLE001 - reported: the other parts still run, and the whole is red
        name = short_name(part)
        return Section(name, name.capitalize(), problems=(f"broke down: {type(error).__name__}: {error}",))
    return section


def plant(names: Iterable[str]) -> Iterator[Planted]:
    """Plant each hole in turn and run its part. Those that need another emulator come last, in one of their own."""
    known = holes()
    chosen = [known[name] for name in names]
    for without in sorted({hole.without for _part, hole in chosen}):  # none first
        with running_cloud(**({without: False} if without else {})) as cloud:
            for part, hole in chosen:
                if hole.without == without:
                    yield _planted(cloud, part, hole)


def _planted(cloud: Cloud, part: str, hole: Hole) -> Planted:
    module: Any = importlib.import_module(part)
    try:
        with _template(cloud, hole), hole.plant(cloud):
            forget_sessions()
            section = (hole.narrow or module.run)(cloud)
    except Exception as error:  # noqa: BLE001 - reported as what it is: a hole that shows nothing
        return Planted(hole, short_name(part), (), f"{type(error).__name__}: {error}")
    return Planted(hole, short_name(part), section.unexpected)


@contextmanager
def _template(cloud: Cloud, hole: Hole) -> Iterator[None]:
    """The stack updated to the hole's template, and back."""
    if hole.template is None:
        yield
        return
    shipped = template.TEMPLATE_PATH.read_text(encoding="utf-8")
    plane = deployment.DataPlane(env=ENV, local=True)
    deployment.deploy_data_plane(cloud.administrator, plane, template=hole.template(shipped))
    try:
        yield
    finally:
        deployment.deploy_data_plane(cloud.administrator, plane, template=shipped)
