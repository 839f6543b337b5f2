from __future__ import annotations

import os

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.management import CommandError, call_command

from edu.aws.credentials import CredentialsUnavailableError
from edu.commands import CommandFailedError, OperatorCommand, explain
from edu.errors import FieldError, InvalidInputError
from tests.support.forked_commands import Ended, run_commands
from tests.support.ports import free_port


class Failing(OperatorCommand):
    """A command that always fails."""

    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Fail."""
        raise CommandError("it did not work", returncode=3)


def test_error_is_one_english_line_with_the_rules_of_its_fields() -> None:
    error = InvalidInputError(fields=[FieldError("term_id", "exists", "This school has\nno such term")])
    assert explain(error) == "invalid_input: The data is not valid: term_id: This school has no such term (exists)"


def test_cloud_that_does_not_answer_is_named() -> None:
    error = CredentialsUnavailableError("no credentials")
    error.__cause__ = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert (
        explain(error)
        == f"cloud_silent: the cloud at {os.environ['AWS_ENDPOINT_URL']} does not answer: is `make run` up?"
    )


def test_commands_own_error_keeps_its_exit_code() -> None:
    with pytest.raises(CommandFailedError) as raised:
        Failing().run_from_argv(["manage.py", "failing"])
    assert raised.value.exit_code == 3
    assert explain(raised.value) == "failed: it did not work"
    with pytest.raises(CommandError):
        call_command(Failing())


STOPPED = (
    ("sync", "status", "--all"),
    ("sync", "board"),
    ("sync", "start", "--all", "--term", "x"),
    ("consolidate", "--all"),
    ("consolidation_status", "--all"),
    ("lake_count", "--school", "x1", "--year", "2026", "--month", "1"),
    ("token", "somebody"),
)
CONTRADICTIONS = (
    ("sync", "status", "--all", "--run", "x"),
    ("consolidation_status", "--all", "--last", "0"),
    ("consolidate", "--all", "--run", "x"),
    ("consolidate", "--school", "x1", "--full", "--run", "x"),
    ("token", "somebody", "--password-env", "LIBRETA_TEST_NO_SUCH_VARIABLE"),
)
NOBODY = f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Ended]:
    """How each command ends where no cloud answers."""
    nobody = {"AWS_ENDPOINT_URL": NOBODY, "LIBRETA_USER_POOL_CLIENT_ID": "x"}
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "LIBRETA_PLATFORM_ROLE_ARN": "x" * 20}
    state = {"LIBRETA_STATE_DIR": str(tmp_path_factory.mktemp("state"))}
    commands = [*STOPPED, *CONTRADICTIONS]
    return dict(zip(commands, run_commands(commands, os.environ | nobody | keys | state), strict=True))


@pytest.mark.parametrize("command", STOPPED, ids=" ".join)
def test_stopped_system_is_one_line(command: tuple[str, ...], ended: dict[tuple[str, ...], Ended]) -> None:
    done = ended[command]
    assert (done.exit_code, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("cloud_silent: ")
    assert NOBODY in line


@pytest.mark.parametrize("command", CONTRADICTIONS, ids=" ".join)
def test_contradiction_is_refused_before_anything_is_asked(
    command: tuple[str, ...], ended: dict[tuple[str, ...], Ended]
) -> None:
    done = ended[command]
    assert (done.exit_code, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("wrong_use: ")
