"""``python -m tests.isolation``: the whole matrix, or with ``--plant`` whether it notices a hole. 0: as expected."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import django
import pytest

import tests.environment  # noqa: F401 - sets this run's environment before Django reads it

django.setup()

from tests.isolation import report, runner  # noqa: E402 - they need Django
from tests.support.cloud import running_cloud  # noqa: E402
from tests.support.service_models import read_service_models_once  # noqa: E402
from tests.support.static_files import find_static_files_once  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.isolation.runner import Planted
    from tests.isolation.sections import Section


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for, print it, end with the result's line."""
    known = runner.holes()
    parser = argparse.ArgumentParser(prog="python -m tests.isolation", description="Isolation between schools.")
    parser.add_argument("--part", action="append", default=[], help="only this part (writes no report)")
    parser.add_argument("--plant", action="append", default=[], choices=sorted(known), help="break this on purpose")
    parser.add_argument("--plant-all", action="store_true", help="each hole in turn")
    parser.add_argument("--with-holes", action="store_true", help="the matrix, then each hole in turn")
    asked = parser.parse_args(arguments)
    names = list(known) if asked.plant_all or asked.with_holes else asked.plant
    sections = _matrix(asked.part) if asked.with_holes or not names else []
    planted = _plant(names)
    sys.stdout.write(f"\n{report.result(sections, planted)}\n")
    return 1 if any(section.unexpected for section in sections) or not all(one.is_red for one in planted) else 0


def _matrix(only: list[str]) -> list[Section]:
    with running_cloud() as cloud:
        sections = runner.run_parts(cloud, only)
    sys.stdout.write(report.condensed(sections) + "\n")
    if not only and not any(section.unexpected for section in sections):
        report.PATH.write_text(report.document(sections), encoding="utf-8")
    return sections


def _plant(names: list[str]) -> list[Planted]:
    planted = []
    for one in runner.plant(names):
        planted.append(one)
        ending = f"red, {len(one.unexpected)} unexpected" if one.is_red else f"NOT NOTICED {one.crashed}"
        sys.stdout.write(f"\n-- planted {one.hole.name} ({one.part}): {ending}\n   {one.hole.says}\n")
        sys.stdout.write("".join(f"   !! {text[:200]}\n" for text in one.unexpected[:3]))
        sys.stdout.flush()
    return planted


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        find_static_files_once(patch)
        read_service_models_once(patch)
        sys.exit(main(sys.argv[1:]))
