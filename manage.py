#!/usr/bin/env python
"""Django's command line: the product's commands, and in a clone of the repository also those of ``deploy``."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from edu.commands import fail
from edu.errors import LibretaError

DEPLOY_APPS = ("deploy.emulator", "deploy.local", "deploy.stack", "deploy.translations")
OFFLINE_COMMAND = "sync_verify"


def main() -> None:
    """Run a command; what Libreta raises on purpose ends as one line and exit code 2, not as a traceback.

    Nor does the end of whoever reads our output, as in ``manage.py ... | head``.
    """
    try:
        if sys.argv[1:2] == [OFFLINE_COMMAND]:
            _run_offline()
        else:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
            _add_deploy_apps()
            execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except LibretaError as error:
        fail(error)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run_offline() -> None:
    """Run the one command that is for people who have files of ours and nothing else: no setting is read."""
    from govsync.management.commands.sync_verify import Command  # noqa: PLC0415 - other commands need none of it

    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    Command().run_from_argv(sys.argv)


def _add_deploy_apps() -> None:
    """Let this process load the apps of ``deploy`` too; an image that ships without that folder does without them."""
    if (Path(__file__).parent / "deploy" / "__init__.py").is_file():
        given = os.environ.get("LIBRETA_EXTRA_APPS", "")
        os.environ["LIBRETA_EXTRA_APPS"] = ",".join([*DEPLOY_APPS, *filter(None, [given])])


if __name__ == "__main__":
    main()
