from __future__ import annotations

import subprocess
import sys

import environ
import pytest

from edu import environment
from edu.errors import ConfigurationError
from tests.support.processes import SOURCE_ROOT

ENV = environ.Env()
NAME = "LIBRETA_SOMETHING"


def test_settings_are_read_as_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    assert environment.whole_number(ENV, NAME, 7) == 7
    assert environment.truth(ENV, NAME, default=True) is True
    for text, found in (("25", 25), (" 25 ", 25), ("0", 0)):
        monkeypatch.setenv(NAME, text)
        assert environment.whole_number(ENV, NAME, 7) == found
    for text, seconds in (("0.25", 0.25), ("10", 10.0)):
        monkeypatch.setenv(NAME, text)
        assert environment.seconds(ENV, NAME, 1.0) == seconds
    for text, truth in (("True", True), ("1", True), ("off", False), ("no", False)):
        monkeypatch.setenv(NAME, text)
        assert environment.truth(ENV, NAME, default=not truth) is truth
    monkeypatch.setenv(NAME, "60/hour")
    assert environment.rate(ENV, NAME, "1/minute") == "60/hour"


@pytest.mark.parametrize("text", ["1_0", "-1", "+1", "1e1", "2.0", "\u0663", "ten"])
def test_number_that_is_none_stops_the_program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigurationError, match=f"{NAME} must be a whole number"):
        environment.whole_number(ENV, NAME, 7)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "1_0"])
def test_time_that_is_none_stops_the_program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigurationError, match=f"{NAME} must be a number of seconds"):
        environment.seconds(ENV, NAME, 1.0)


@pytest.mark.parametrize("text", ["ture", "2", "sí", "t", "-"])
def test_truth_that_is_none_stops_the_program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigurationError, match=f"{NAME} must be true or false"):
        environment.truth(ENV, NAME, default=True)


@pytest.mark.parametrize("text", ["600", "600/m", "0/minute", "6_00/minute", "600/minutes", "-1/minute"])
def test_rate_that_is_none_stops_the_program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigurationError, match=f"{NAME} must be a number and a time"):
        environment.rate(ENV, NAME, "1/minute")


@pytest.mark.parametrize(
    ("name", "text"),
    [("LIBRETA_SECURE_COOKIES", "ture"), ("LIBRETA_SESSION_AGE_S", "8_000"), ("LIBRETA_API_READS", "x")],
)
def test_product_does_not_start_with_a_setting_it_does_not_understand(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    ended = subprocess.run(
        [sys.executable, "-c", "import edu.settings"], cwd=SOURCE_ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert f"ConfigurationError: {name} must be" in ended.stderr
