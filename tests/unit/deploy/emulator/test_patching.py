"""The extension refuses a ministack it was not written against."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from deploy.emulator.errors import MinistackChangedError
from deploy.emulator.extension import patching

INSTALL = "from deploy.emulator.extension import install; from deploy.emulator.options import EmulatorOptions\n"


def install_in_a_new_process(preparation: str = "") -> subprocess.CompletedProcess[str]:
    """Install the extension where no other test has imported ministack."""
    code = f"import os; os.environ['AWS_ACCESS_KEY_ID'] = 'root'\n{preparation}\n{INSTALL}install(EmulatorOptions())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_every_patch_fits_the_installed_ministack() -> None:
    assert install_in_a_new_process().returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        "from ministack.core import iam_evaluator as m; m.enforce = lambda a, b: None",
        "from ministack.core import iam_evaluator as m; del m._first_match",
        "from ministack.services import firehose as m; m._convert_to_parquet = lambda data: None",
        "from ministack.services import sts as m; m._sessions = []",
        "import ministack.services.dynamodb",
        "import importlib.metadata as m; m.version = lambda name: '1.5.34'",
    ],
)
def test_changed_ministack_is_refused(change: str) -> None:
    refused = install_in_a_new_process(change)
    assert refused.returncode == 1
    assert "MinistackChangedError" in refused.stderr


def module(**functions: object) -> ModuleType:
    made = ModuleType("ministack.made_up")
    vars(made).update(functions)
    return made


def test_require_with_other_parameters_is_refused() -> None:
    with pytest.raises(MinistackChangedError, match=r"takes \(b\)"):
        patching.require(module(work=lambda b: b), "work", "a")


def test_require_without_the_function_is_refused() -> None:
    with pytest.raises(MinistackChangedError, match="no function"):
        patching.require(module(work=1), "work", "a")


def test_replace_hands_the_original_on() -> None:
    made = module(work=lambda a: a + 1)
    patching.replace(made, "work", "a", lambda original: lambda a: original(a) * 10)
    assert made.work(1) == 20
    assert made.work.__wrapped__(1) == 2
