"""What the operators' commands share: which school is meant, and one line ``code: text`` for whatever goes wrong."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, SystemCheckError
from django.utils import translation

from edu.aws.endpoint import LOCAL
from edu.aws.reachability import is_unreachable
from edu.errors import LibretaError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

WRONG_USE = 2


class WrongUseError(LibretaError):
    """The command line contradicts itself or asks for nothing."""

    code = "wrong_use"


class NoSuchSchoolError(NotFoundError):
    """No school of this id is registered."""

    code = "no_such_school"


class CommandFailedError(LibretaError):
    """A command ended without having done what it was asked; ``exit_code`` is the process's."""

    code = "failed"

    def __init__(self, detail: str, exit_code: int) -> None:
        super().__init__(detail)
        self.exit_code = exit_code


class OperatorCommand(BaseCommand):
    """A command whose own errors are told like everybody's (``explain``), with the exit codes Django gives them."""

    def execute(self, *args: Any, **options: Any) -> str | None:  # noqa: ANN401 - Django's signature
        """Run the command.

        Raises:
            CommandFailedError: instead of Django's own error, when the command line asked.
        """
        try:
            return super().execute(*args, **options)
        except SystemCheckError:
            raise
        except CommandError as error:
            if not getattr(self, "_called_from_command_line", False):
                raise
            raise CommandFailedError(str(error), error.returncode) from error


def chosen_schools(options: Mapping[str, Any]) -> list[str]:
    """The ids that ``--school`` or ``--all`` mean.

    Raises:
        NoSuchSchoolError: the one that was named is not registered.
    """
    from edu.schools import list_schools  # noqa: PLC0415 - needs settings, which ``explain`` must do without

    registered = [school.school_id for school in list_schools()]
    named = options.get("school")
    if not named:
        return registered
    if named not in registered:
        raise NoSuchSchoolError(f"no such school: {named}")
    return [named]


def explain(error: LibretaError) -> str:
    """An error in one English line, ``code: text``, with each field's rule."""
    if not settings.configured:  # the settings themselves are what is wrong
        return _line(error.code, error)
    with translation.override("en") if settings.USE_I18N else nullcontext():
        if settings.CLOUD == LOCAL and is_unreachable(error):
            where = f"the cloud at {settings.AWS_ENDPOINT_URL} does not answer"
            return _line("cloud_silent", f"{where}: is `make run` up?")
        broken = "; ".join(f"{each.field}: {each.message} ({each.rule})" for each in error.fields)
        return _line(error.code, f"{error}: {broken}" if broken else error)


def fail(error: LibretaError) -> None:
    """Say what went wrong and end the process: exit code 2, or the command's own."""
    sys.stderr.write(explain(error) + "\n")
    sys.exit(error.exit_code if isinstance(error, CommandFailedError) else WRONG_USE)


def _line(code: str, text: object) -> str:
    return " ".join(f"{code}: {text}".split())
